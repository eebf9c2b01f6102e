import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { familiar } from '../../../../src/engine/images.ts'
import { pruneStore } from '../../../../src/engine/images-prune.ts'
import { loadImages, saveImages } from '../../../../src/engine/images-transfer.ts'
import type { Store } from '../../../../src/engine/store.ts'
import { digestOf, hexOf, parseReference } from '../../../../src/foundation/oci/index.ts'
import { bootId, identify } from '../../../../src/foundation/sys/index.ts'
import { validateImage } from '../../../../src/store/image/index.ts'
import { makeTar, type TestMember } from '../../../support/archive/make-tar.ts'
import { richImage, scratchStore } from '../../../support/image-store.ts'
import { mergedListing } from '../../../support/merged-listing.ts'

const saved = async (
  store: Store & { readonly directory: string },
  format: 'docker-archive' | 'oci-archive',
  name = 'web:v1',
): Promise<string> => {
  const image = await richImage(store)
  store.images.tag(parseReference(name), image)
  const path = join(store.directory, `${format}.tar`)
  await saveImages(store, [name], { kind: 'path', path }, { format })
  return path
}

describe.each(['docker-archive', 'oci-archive'] as const)('%s', (format) => {
  it('comes back with the same id, digests, names and files', async () => {
    using store = scratchStore()
    using other = scratchStore()
    const path = await saved(store, format)
    const before = store.images.resolve('web:v1')
    const [loaded, ...more] = await loadImages(other, { kind: 'file', path })
    expect(more).toEqual([])
    expect(loaded?.names.map(({ name }) => familiar(name))).toEqual(['web:v1'])
    const after = other.images.resolve('web:v1')
    if (!before || !after) throw new Error('no image')
    expect(after.id).toBe(before.id)
    expect(after.manifest).toEqual(before.manifest)
    expect(await validateImage(after, other)).toEqual([])
    expect(mergedListing(other.snapshots.union(after.stack))).toEqual(
      mergedListing(store.snapshots.union(before.stack)),
    )
  })

  it('is the same bytes each time, and loads compressed', async () => {
    using store = scratchStore()
    using other = scratchStore()
    const path = await saved(store, format)
    const bytes = readFileSync(path)
    await saveImages(store, ['web:v1'], { kind: 'path', path }, { format })
    expect(readFileSync(path).equals(bytes)).toBe(true)
    writeFileSync(path, gzipSync(bytes))
    await loadImages(other, { kind: 'file', path })
    await saveImages(other, ['web:v1'], { kind: 'path', path }, { format })
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })

  it('changes no name when any of it is wrong', async () => {
    using store = scratchStore()
    using other = scratchStore()
    const path = await saved(store, format)
    const bytes = readFileSync(path)
    const kept = await richImage(other, { User: 'mine' })
    other.images.tag(parseReference('web:v1'), kept)
    const blobs = [...other.content.list()].map((blob) => blob.digest)
    for (const damage of [
      bytes.subarray(0, bytes.length - 5000),
      flip(bytes, 'ping'),
      flip(bytes, 'sha256:'),
    ]) {
      writeFileSync(path, damage)
      await expect(loadImages(other, { kind: 'file', path })).rejects.toThrow()
      expect(other.images.resolve('web:v1')?.id).toBe(kept.id)
      expect([...other.content.list()].map((blob) => blob.digest)).toEqual(blobs)
    }
  })

  it('believes bytes that it has hashed itself, and none that were in the store before', async () => {
    using store = scratchStore()
    using other = scratchStore()
    const path = await saved(store, format)
    const image = store.images.resolve('web:v1')
    const diffId = image?.config.rootfs.diff_ids[0]
    const bytes = diffId && readFileSync(store.content.pathOf(diffId))
    if (!diffId || !bytes) throw new Error('no layer')
    const { digest } = other.content.put(bytes)
    const there = other.content.pathOf(digest)
    const damaged = flip(bytes, 'ustar')
    rmSync(there)
    writeFileSync(there, damaged)
    await expect(loadImages(other, { kind: 'file', path })).rejects.toThrow()
    const body = Buffer.from(bytes)
    // In the padding behind a header: no header says anything about it.
    body[511] = 1 ^ (body[511] ?? 0)
    writeFileSync(there, body)
    await expect(loadImages(other, { kind: 'file', path })).rejects.toThrow()
    expect(other.images.resolve('web:v1')).toBeUndefined()
    other.content.remove(digest)
    await loadImages(other, { kind: 'file', path })
    expect(other.images.resolve('web:v1')?.id).toBe(image?.id)
  })

  it('leaves what it brought, when it fails, to another command that may have found it', async () => {
    using store = scratchStore()
    using other = scratchStore()
    const path = await saved(store, format)
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.subarray(0, bytes.length - 5000))
    const lease = join(other.root, 'leases', nameOfParent())
    writeFileSync(lease, `${Date.now()}\n`)
    await expect(loadImages(other, { kind: 'file', path })).rejects.toThrow()
    expect([...other.content.list()]).not.toEqual([])
    rmSync(lease)
    await pruneStore(other, { all: false })
    expect([...other.content.list()]).toEqual([])
  })
})

/** As `ownedName`, of a process that lives as long as this one. */
const nameOfParent = (): string =>
  `${process.ppid}-${identify(process.ppid)?.startTime ?? 0}-${bootId().replaceAll('-', '').slice(0, 8)}-${'0'.repeat(16)}`

/** One bit of the first occurrence of `text` turned over. */
const flip = (bytes: Uint8Array, text: string): Buffer => {
  const copy = Buffer.from(bytes)
  const at = copy.indexOf(text)
  copy[at + 2] = (copy[at + 2] ?? 0) ^ 1
  return copy
}

describe('save', () => {
  it('writes an OCI layout as a directory', async () => {
    using store = scratchStore()
    await saved(store, 'oci-archive')
    const path = join(store.directory, 'layout')
    await saveImages(store, ['web:v1'], { kind: 'path', path }, { format: 'oci-dir' })
    expect(readdirSync(path).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
    const blobs = readdirSync(join(path, 'blobs/sha256'))
    for (const name of blobs)
      expect(hexOf(digestOf(readFileSync(join(path, 'blobs/sha256', name))))).toBe(name)
    await expect(
      saveImages(store, ['web:v1'], { kind: 'path', path }, { format: 'oci-dir' }),
    ).rejects.toThrow('not empty')
  })

  it('leaves nothing when the image is not there or the command is aborted', async () => {
    using store = scratchStore()
    const path = join(store.directory, 'out.tar')
    await expect(
      saveImages(store, ['nope'], { kind: 'path', path }, { format: 'docker-archive' }),
    ).rejects.toMatchObject({ code: 'image-not-found' })
    await richImage(store).then((image) => store.images.tag(parseReference('web'), image))
    const signal = AbortSignal.abort()
    await expect(
      saveImages(store, ['web'], { kind: 'path', path }, { format: 'docker-archive', signal }),
    ).rejects.toThrow('abort')
    expect(existsSync(path)).toBe(false)
    expect(readdirSync(store.directory)).toEqual(['store'])
  })

  it('keeps several images in one archive, by name and by id', async () => {
    using store = scratchStore()
    using other = scratchStore()
    const named = await richImage(store)
    const nameless = await richImage(store, { User: 'x' })
    for (const name of ['a:1', 'a:2', 'b:1']) store.images.tag(parseReference(name), named)
    const path = join(store.directory, 'all.tar')
    await saveImages(store, ['a:1', 'b:1', nameless.id], { kind: 'path', path }, { format: 'docker-archive' })
    const loaded = await loadImages(other, { kind: 'file', path })
    expect(loaded.map(({ image, names }) => [image.id, names.map(({ name }) => familiar(name))])).toEqual([
      [named.id, ['a:1', 'b:1']],
      [nameless.id, []],
    ])
  })
})

describe('load', () => {
  it('says whose name it took', async () => {
    using store = scratchStore()
    const path = await saved(store, 'docker-archive')
    const mine = await richImage(store, { User: 'mine' })
    store.images.tag(parseReference('web:v1'), mine)
    const [loaded] = await loadImages(store, { kind: 'file', path })
    expect(loaded?.names[0]?.replaced).toBe(mine.id)
    const [again] = await loadImages(store, { kind: 'file', path })
    expect(again?.names[0]?.replaced).toBeUndefined()
  })

  it('reads the first form of docker archives, with linked layers', async () => {
    using store = scratchStore()
    const layer = await makeTar([
      { name: 'etc/', type: 'directory' },
      { name: 'etc/x', content: 'hello' },
    ])
    const config = JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [digestOf(layer), digestOf(layer)] },
    })
    const path = await archive(store, [
      { name: 'one/', type: 'directory' },
      { name: 'one/VERSION', content: '1.0' },
      { name: 'one/json', content: '{}' },
      { name: 'one/layer.tar', content: layer },
      { name: 'two/layer.tar', type: 'symlink', linkname: '../one/layer.tar' },
      { name: 'config.json', content: config },
      { name: 'repositories', content: '{}' },
      {
        name: 'manifest.json',
        content: JSON.stringify([
          { Config: 'config.json', RepoTags: ['old:1'], Layers: ['one/layer.tar', 'two/layer.tar'] },
        ]),
      },
    ])
    const [loaded] = await loadImages(store, { kind: 'file', path })
    expect(loaded?.image.id).toBe(digestOf(config))
    if (!loaded) throw new Error('nothing loaded')
    expect(await validateImage(loaded.image, store)).toEqual([])
    expect(store.snapshots.union(loaded.image.stack).lookup('etc/x')?.size).toBe(5)
  })

  it.each([
    ['no manifest', []],
    ['a config that is missing', [{ name: 'manifest.json', content: '[{"Config":"c.json","Layers":[]}]' }]],
    [
      'a config above the archive',
      [{ name: 'manifest.json', content: '[{"Config":"../../etc/passwd","Layers":[]}]' }],
    ],
    [
      'a config without diff ids',
      [
        { name: 'c.json', content: '{"os":"linux","architecture":"amd64"}' },
        { name: 'manifest.json', content: '[{"Config":"c.json","Layers":[]}]' },
      ],
    ],
    [
      'more layers than diff ids',
      [
        {
          name: 'c.json',
          content: '{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}',
        },
        { name: 'l.tar', content: 'x' },
        { name: 'manifest.json', content: '[{"Config":"c.json","Layers":["l.tar"]}]' },
      ],
    ],
    [
      'a layer that is not its diff id',
      [
        {
          name: 'c.json',
          content: `{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":["sha256:${'0'.repeat(64)}"]}}`,
        },
        { name: 'l.tar', content: Buffer.alloc(1024) },
        { name: 'manifest.json', content: '[{"Config":"c.json","Layers":["l.tar"]}]' },
      ],
    ],
    [
      'an index that is a manifest too',
      [
        { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
        { name: 'index.json', content: '{"schemaVersion":2,"manifests":[],"layers":[]}' },
      ],
    ],
    [
      'a manifest that it does not have',
      [
        { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
        {
          name: 'index.json',
          content: `{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":2,"digest":"sha256:${'1'.repeat(64)}"}]}`,
        },
      ],
    ],
    [
      'a digest that is a path',
      [
        { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
        {
          name: 'index.json',
          content:
            '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","size":2,"digest":"sha256:../../x"}]}',
        },
      ],
    ],
  ] satisfies readonly (readonly [string, readonly TestMember[]])[])(
    'refuses %s and keeps nothing',
    async (_, members) => {
      using store = scratchStore()
      const path = await archive(store, members)
      await expect(loadImages(store, { kind: 'file', path })).rejects.toMatchObject({
        code: expect.stringMatching(/^bad-|-mismatch$/) as unknown,
      })
      expect([...store.content.list()]).toEqual([])
      expect(store.images.list()).toEqual([])
    },
  )

  it('does not take blobs of the store for those of the archive', async () => {
    using store = scratchStore()
    const image = await richImage(store)
    const { digest, size, mediaType } = image.manifest
    const path = await archive(store, [
      { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
      {
        name: 'index.json',
        content: JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, digest, size }] }),
      },
    ])
    await expect(loadImages(store, { kind: 'file', path })).rejects.toThrow('missing')
  })
})

const archive = async (
  store: { readonly directory: string },
  members: readonly TestMember[],
): Promise<string> => {
  const path = join(store.directory, 'in.tar')
  writeFileSync(path, await makeTar(members))
  return path
}
