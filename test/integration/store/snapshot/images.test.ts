import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LayerImage, RootMount } from '../../../../src/foundation/native/index.ts'
import { digestOf, mediaType, parseDiffId } from '../../../../src/foundation/oci/index.ts'
import { bootId } from '../../../../src/foundation/sys/index.ts'
import { encodeImage } from '../../../../src/store/layer/index.ts'
import { orUnpacked } from '../../../../src/store/snapshot/index.ts'
import { busyboxLayer, openRig, type StoreRig, snapshotterSuite } from '../../../suites/snapshotter.ts'
import { plainProcess, plainRequest, run } from '../../../support/container-request.ts'
import { eventually } from '../../../support/e2e/containers.ts'
import { mountsFiles } from '../../../support/mounts-files.ts'

snapshotterSuite('images')

let temp: string
let rig: StoreRig
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-images-'))
  rig = openRig(join(temp, 'store'), 'images')
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

const bed = { path: '', lower: '', upper: '', work: '', [Symbol.dispose]: () => undefined }

/** A state over busybox and a layer that has only its tar. */
const startedWith = async (text: string) => {
  const layer = rig.snapshots.writeLayer((writer) => {
    const bytes = Buffer.from(text)
    const common = { kind: 'add', uid: 7, gid: 0, mtime: 5, mtimeNsec: 0 } as const
    writer.add({ ...common, path: 'data', type: 'directory', mode: 0o755, size: 0 })
    writer.add(
      { ...common, path: 'data/file', type: 'file', mode: 0o640, size: bytes.length },
      { kind: 'bytes', bytes },
    )
    writer.add({ ...common, path: 'data/other', type: 'file', mode: 0o640, size: 0 })
  })
  return { layer, active: await rig.snapshots.prepare([await busyboxLayer(rig.snapshots), layer]) }
}

const sh = (root: RootMount, script: string) =>
  run(plainRequest(bed, plainProcess(['sh', '-euc', script]), { root }))

const loopsOf = (file: string): readonly string[] =>
  readdirSync('/sys/block').filter((name) => {
    try {
      return readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').trim() === file
    } catch {
      return false
    }
  })

const machine = (): string => {
  const control = statSync('/dev/loop-control')
  return `${bootId()} ${control.dev}:${control.ino}`
}

const backings = mountsFiles(tmpdir()) ? ['files', 'loops'] : ['loops']

describe('a layer that is mounted as an image', () => {
  it('has its tar from the pass that took it in, also while it was coming', async () => {
    const source = openRig(join(temp, 'source'), 'images')
    for (const [n, comes] of ['whole', 'in pieces'].entries()) {
      const made = source.snapshots.writeLayer((writer) => {
        const bytes = Buffer.from(comes)
        const common = { kind: 'add', mode: 0o644, uid: 0, gid: 0, mtime: 5, mtimeNsec: 0 } as const
        writer.add({ ...common, path: 'file', type: 'file', size: bytes.length }, { kind: 'bytes', bytes })
      })
      const { diffId, tarSize } = await source.snapshots.describe(made)
      const packed = gzipSync(readFileSync((await source.snapshots.tarOf(made)).path))
      const blob = { ...rig.content.put(packed), mediaType: mediaType.layerGzip }
      const chunks = async function* () {
        yield packed
      }
      const layer =
        n === 0
          ? await rig.snapshots.addLayer(blob, diffId)
          : await rig.snapshots.addLayerFrom(chunks(), blob, diffId, Promise.resolve())
      expect(rig.content.stat(diffId)?.size).toBe(tarSize)
      expect(layer.blob?.digest).toBe(blob.digest)
    }
  })
  it('keeps nothing of a layer that is not what was promised', async () => {
    const packed = gzipSync(Buffer.alloc(1024))
    const blob = { ...rig.content.put(packed), mediaType: mediaType.layerGzip }
    const other = parseDiffId(digestOf('something else'))
    await expect(rig.snapshots.addLayer(blob, other)).rejects.toMatchObject({ code: 'layer-mismatch' })
    expect([...rig.content.list()].map(({ digest }) => digest)).toEqual([blob.digest])
    expect(readdirSync(join(temp, 'store/content/ingest'))).toEqual([])
  })
  it.each(backings)(
    'is read and written over by containers, from %s, and leaves no device behind',
    async (backing) => {
      writeFileSync(join(rig.root, 'cache/images'), `${machine()} ${backing}\n`)
      const { layer, active } = await startedWith('x'.repeat(5000))
      const [image] = active.root.kind === 'overlay' ? [...(active.root.images?.keys() ?? [])] : []
      expect(image).toMatch(new RegExp(`/layers/${layer}/image-${bootId()}$`))
      expect(active.root).toMatchObject({ images: new Map([[image, expect.objectContaining({ backing })]]) })
      const ran = await sh(
        active.root,
        'stat -c "%s %u %a %Y" /data/file; rm /data/other; echo y >> /data/file; wc -c < /data/file',
      )
      expect(ran).toMatchObject({ code: 0, stderr: '', stdout: '5000 7 640 5\n5002\n' })
      const top = await active.commit()
      expect(rig.snapshots.get(layer)).toMatchObject({ tree: false })
      expect([...rig.snapshots.union([layer, top]).children('data')].map(({ path }) => path)).toEqual([
        'data/file',
      ])
      await eventually(() => loopsOf(image ?? '').length === 0)
    },
  )
  it('is the same when the helper has made the image, as it does of layers of many entries', async () => {
    const layer = rig.snapshots.writeLayer((writer) => {
      const common = { kind: 'add', mode: 0o644, uid: 7, gid: 0, mtime: 5, mtimeNsec: 0, size: 0 } as const
      for (let i = 0; i < 8000; i++) writer.add({ ...common, path: `f${10_000 + i}`, type: 'file' })
    })
    const directory = join(temp, 'store/layers', layer)
    const left = `image-${bootId()}.0123456789abcdef.tmp`
    writeFileSync(join(directory, left), 'a killed build')
    const seen = new Set<string>()
    const watcher = watch(directory, (_, name) => seen.add(name ?? ''))
    const active = await rig.snapshots.prepare([await busyboxLayer(rig.snapshots), layer])
    const aside = (name: string): boolean => /^image-.+\.[0-9a-f]{16}\.tmp$/.test(name) && name !== left
    await eventually(() => [...seen].some(aside))
    watcher.close()
    const [
      image = '',
      {
        data: [tar = ''],
      } = { data: [] },
    ] = (active.root.kind === 'overlay' && active.root.images ? [...active.root.images][0] : undefined) ?? []
    const index = readFileSync(join(directory, 'index'))
    expect(encodeImage(index, statSync(tar).size)?.equals(readFileSync(image))).toBe(true)
    expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([])
    expect(await sh(active.root, 'ls / | grep -c ^f1; stat -c %u /f15999')).toMatchObject({
      stdout: '8000\n7\n',
    })
  })
  it('says how to mend an image that is damaged', async () => {
    const { active } = await startedWith('z')
    const [image] = active.root.kind === 'overlay' ? [...(active.root.images?.keys() ?? [])] : []
    writeFileSync(image ?? '', Buffer.alloc(8192))
    await expect(sh(active.root, 'true')).rejects.toMatchObject({
      step: 'image',
      hint: expect.stringContaining('fsck --repair'),
    })
    await active.discard()
  })
  it('is unpacked where its image cannot be mounted', async () => {
    const { layer, active } = await startedWith('z')
    await active.discard()
    writeFileSync(join(rig.root, 'layers', layer, `image-${bootId()}`), Buffer.alloc(8192))
    let tries = 0
    const ran = await orUnpacked(rig.snapshots, async () => {
      tries++
      return sh(await rig.snapshots.view([await busyboxLayer(rig.snapshots), layer]), 'cat /data/file')
    })
    expect(ran).toMatchObject({ code: 0, stdout: 'z' })
    expect(tries).toBe(2)
    expect(rig.snapshots.get(layer)).toMatchObject({ tree: true })
  })
  it('is not mounted when its tar has been cut off', async () => {
    const { layer, active } = await startedWith('z'.repeat(5000))
    await active.discard()
    const { path } = await rig.snapshots.tarOf(layer)
    truncateSync(path, 4096)
    await expect(rig.snapshots.view([layer])).rejects.toMatchObject({
      code: 'layer-not-found',
      hint: expect.stringContaining('fsck --repair'),
    })
  })
  it('is unpacked where images are known not to work', async () => {
    writeFileSync(join(rig.root, 'cache/images'), `${machine()} no\n`)
    const { layer, active } = await startedWith('z')
    expect(active.root).not.toHaveProperty('images')
    expect((await sh(active.root, 'cat /data/file')).stdout).toBe('z')
    expect(rig.snapshots.get(layer)).toMatchObject({ tree: true })
    await active.discard()
  })
  it('is tried out again where the devices are others: in a container that shares the store', async () => {
    const { layer, active } = await startedWith('z')
    await active.discard()
    for (const answer of ['files', 'loops', 'no']) {
      writeFileSync(join(rig.root, 'cache/images'), `${bootId()} 1:1 ${answer}\n`)
      expect(await rig.snapshots.view([layer])).toHaveProperty('images')
      expect(readFileSync(join(rig.root, 'cache/images'), 'utf8')).toMatch(/(?<! 1:1) (files|loops)\n$/)
    }
  })
  it('is on files where that leaves room for two overlays on one another, otherwise on loop devices', async () => {
    const { active } = await startedWith('z')
    const images = (active.root.kind === 'overlay' && active.root.images) || new Map<string, LayerImage>()
    await active.discard()
    expect([...images.values()].map(({ backing }) => backing)).toEqual(backings.slice(0, 1))
    // What the answer comes from.
    const overlay = (lower: string) => ({ kind: 'overlay', lower: [lower], nested: true }) as const
    const plain = join(temp, 'plain')
    for (const name of ['plain', 'other', 'mounted']) mkdirSync(join(temp, name))
    const probe = (lower: string) =>
      run(plainRequest(bed, plainProcess(['/nothing']), { root: overlay(lower) }))
    expect(await probe(plain)).toMatchObject({ code: 127 })
    const mounted = join(temp, 'mounted')
    execFileSync('mount', [
      '-t',
      'overlay',
      '-o',
      `lowerdir=${plain}:${join(temp, 'other')}`,
      'test',
      mounted,
    ])
    try {
      await expect(probe(mounted)).rejects.toMatchObject({ step: 'root' })
    } finally {
      execFileSync('umount', [mounted])
    }
  })
  it('is unpacked when it is small, by default', async () => {
    const { layer } = await startedWith('z')
    const other = openRig(join(temp, 'other'), 'overlay')
    expect(other.snapshots.get(layer)).toBeUndefined()
    const id = other.snapshots.writeLayer((writer) =>
      writer.add({
        kind: 'add',
        path: 'd',
        type: 'directory',
        mode: 0o755,
        uid: 0,
        gid: 0,
        size: 0,
        mtime: 0,
        mtimeNsec: 0,
      }),
    )
    expect(await other.snapshots.view([id])).not.toHaveProperty('images')
  })
})
