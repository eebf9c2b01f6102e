import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseCacheKey } from '../../../../src/engine/cache/signature.ts'
import type { CacheSource, CacheTarget } from '../../../../src/engine/cache/types.ts'
import { pushTargets } from '../../../../src/engine/registry/push.ts'
import { digestOf, hexOf, parseManifest, parseReference } from '../../../../src/foundation/oci/index.ts'
import { type Built, buildIn, emptyStore } from '../../../support/build-rig.ts'
import { type DockerRegistry, startDockerRegistry } from '../../../support/registry/docker-registry.ts'

let registry: DockerRegistry
let work: string
beforeAll(async () => {
  registry = await startDockerRegistry()
  work = mkdtempSync(join(tmpdir(), 'tsbuild-build-cache-'))
  mkdirSync(join(work, 'context'))
  writeFileSync(join(work, 'context/a'), 'of the builder\n')
  writeFileSync(join(work, 'context/b'), 'of the image\n')
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  rmSync(work, { recursive: true, force: true })
})

const dockerfile = `FROM scratch AS builder
COPY a /src/a
COPY a /unused
COPY <<EOF /out/made
made
EOF
FROM scratch
COPY b /b
COPY --link b /linked
COPY --from=builder /out /out
`
const text = (): string => dockerfile
const to = (address: CacheTarget['address'], over: Partial<CacheTarget> = {}): CacheTarget => ({
  address,
  mode: 'max',
  ignoreError: false,
  force: false,
  keepOld: false,
  ...over,
})
const local = (name: string): Extract<CacheSource, { kind: 'local' }> => ({
  kind: 'local',
  directory: join(work, name),
  tag: 'latest',
})
const context = (): string => join(work, 'context')
const blobsIn = (name: string): readonly string[] => readdirSync(join(work, name, 'blobs/sha256')).sort()

/** The DiffIds of what was built. */
const layersOf = ({ image }: Built): readonly string[] => image.config.rootfs.diff_ids

describe.each(['registry', 'local'] as const)('a cache of all stages (%s)', (kind) => {
  const place = (): CacheSource =>
    kind === 'local' ? local('max') : { kind, reference: `${registry.host}/cache/max:1` }

  it('gives a new store everything without executing or fetching what is not needed', async () => {
    using first = emptyStore()
    const made = await buildIn(first, context(), text(), { cacheTo: [to(place())] })
    expect(made.executed).toHaveLength(6)

    using second = emptyStore()
    const again = await buildIn(second, context(), text(), { cacheFrom: [place()] })
    expect([again.executed, again.warnings]).toEqual([[], []])
    expect(again.cached).toHaveLength(6)
    expect(again.image.id).toBe(made.image.id)
    // Of the builder's layers none.
    expect(again.fetched).toHaveLength(3)
    expect([...second.snapshots.list()]).toHaveLength(3)

    // What was fetched is known now without the cache: all but what was found by its definition alone.
    const alone = await buildIn(second, context(), 'FROM scratch\nCOPY b /b\nCOPY --link b /linked\n')
    expect(alone.executed).toEqual([])
  })

  it('gives what a changed step stands on, when that is executed', async () => {
    using store = emptyStore()
    const changed = text().replace('/out /out', '/src /src')
    const built = await buildIn(store, context(), changed, { cacheFrom: [place()] })
    expect(built.executed).toEqual(['[stage-1 3/3] COPY --from=builder /src /src'])
    expect(store.snapshots.union(built.image.stack).lookup('/src/a')?.size).toBe(15)
  })

  it('can be handed on by a build that has fetched nothing of it', async () => {
    using store = emptyStore()
    const target =
      kind === 'local' ? local('handed') : ({ kind, reference: `${registry.host}/cache/handed:1` } as const)
    await buildIn(store, context(), text(), { cacheFrom: [place()], cacheTo: [to(target)] })
    using other = emptyStore()
    const built = await buildIn(other, context(), text(), { cacheFrom: [target] })
    expect([built.executed, built.warnings]).toEqual([[], []])
  })
})

describe('what a build believes', () => {
  const key = parseCacheKey('a key of sixteen bytes', 'a test')

  it('is what is signed with its key, when it has one', async () => {
    using first = emptyStore()
    await buildIn(first, context(), text(), { cacheTo: [to(local('signed'))], cacheKey: key })
    await buildIn(first, context(), text(), { cacheTo: [to(local('unsigned'))] })
    const builds = async (name: string, cacheKey?: typeof key): Promise<Built> => {
      using store = emptyStore()
      return await buildIn(store, context(), text(), {
        cacheFrom: [local(name)],
        ...(cacheKey && { cacheKey }),
      })
    }
    expect((await builds('signed', key)).executed).toEqual([])
    expect((await builds('signed')).executed).toEqual([])
    const unsigned = await builds('unsigned', key)
    expect([unsigned.executed.length, unsigned.warnings]).toEqual([
      6,
      [expect.stringContaining('not signed')],
    ])
    const foreign = await builds('signed', parseCacheKey('another key of sixteen bytes', 'a test'))
    expect([foreign.executed.length, foreign.warnings]).toEqual([6, [expect.stringContaining('another key')]])
  })

  it('is no blob with other bytes: the steps are executed', async () => {
    using first = emptyStore()
    const made = await buildIn(first, context(), text(), { cacheTo: [to(local('poisoned'))] })
    for (const name of blobsIn('poisoned')) {
      const path = join(work, 'poisoned/blobs/sha256', name)
      const bytes = readFileSync(path)
      if (bytes[0] !== 0x1f) continue
      rmSync(path)
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
      writeFileSync(path, bytes)
    }
    using store = emptyStore()
    const built = await buildIn(store, context(), text(), {
      cacheFrom: [local('poisoned')],
      cacheTo: [to(local('healed'))],
    })
    expect(layersOf(built)).toHaveLength(layersOf(made).length)
    expect(store.snapshots.union(built.image.stack).lookup('/out/made')?.size).toBe(5)
    expect(built.warnings[0]).toMatch(/is executed: the cache .* has failed: .*digest/)
    using other = emptyStore()
    const healed = await buildIn(other, context(), text(), { cacheFrom: [local('healed')] })
    expect([layersOf(healed), healed.warnings]).toEqual([layersOf(built), []])
  })

  it('is no layer that unpacks to something else than its record says', async () => {
    using first = emptyStore()
    await buildIn(first, context(), 'FROM scratch\nCOPY a /x\n', { cacheTo: [to(local('swapped'))] })
    await buildIn(first, context(), 'FROM scratch\nCOPY b /x\n', { cacheTo: [to(local('other'))] })
    swapLayer('swapped', 'other')
    using store = emptyStore()
    const built = await buildIn(store, context(), 'FROM scratch\nCOPY a /x\n', {
      cacheFrom: [local('swapped')],
    })
    expect(store.snapshots.union(built.image.stack).lookup('/x')?.size).toBe(15)
    expect(built.warnings[0]).toMatch(/is executed: the cache .* has failed/)
  })

  it('is its own record before that of a cache', async () => {
    using first = emptyStore()
    const own = await buildIn(first, context(), 'FROM scratch\nCOPY a /x\n')
    using other = emptyStore()
    await buildIn(other, context(), 'FROM scratch\nCOPY a /x\n', { cacheTo: [to(local('local-wins'))] })
    const again = await buildIn(first, context(), 'FROM scratch\nCOPY a /x\n', {
      cacheFrom: [local('local-wins')],
    })
    expect([again.image.id, again.fetched, again.executed]).toEqual([own.image.id, [], []])
  })

  it('is nothing of a cache that is not there', async () => {
    using store = emptyStore()
    const built = await buildIn(store, context(), text(), {
      cacheFrom: [local('missing'), { kind: 'registry', reference: `${registry.host}/cache/missing:1` }],
    })
    expect(built.executed).toHaveLength(6)
    expect(built.warnings).toHaveLength(2)
  })
})

/** Puts the layer of another cache under the name of this one's DiffId, with all digests right. */
const swapLayer = (name: string, from: string): void => {
  const read = (cache: string): { readonly config: string; readonly document: Record<string, unknown>[] } => {
    const index = JSON.parse(readFileSync(join(work, cache, 'index.json'), 'utf8')) as {
      manifests: { digest: string }[]
    }
    const manifest = parseManifest(blob(cache, index.manifests[0]?.digest ?? '').toString())
    const { layers } = JSON.parse(blob(cache, manifest.config.digest).toString()) as {
      layers: Record<string, unknown>[]
    }
    return { config: manifest.config.digest, document: layers }
  }
  const blob = (cache: string, digest: string): Buffer =>
    readFileSync(join(work, cache, 'blobs/sha256', digest.slice(7)))
  const put = (bytes: Buffer | string): { readonly digest: string; readonly size: number } => {
    writeFileSync(join(work, name, 'blobs/sha256', hexOf(digestOf(bytes))), bytes)
    return { digest: digestOf(bytes), size: Buffer.byteLength(bytes) }
  }
  const [theirs] = read(from).document
  const { config } = read(name)
  const records = JSON.parse(blob(name, config).toString()) as { layers: Record<string, unknown>[] }
  const [ours] = records.layers
  Object.assign(ours ?? {}, { digest: theirs?.['digest'], size: theirs?.['size'] })
  const foreign = String(theirs?.['digest']).slice(7)
  copyFileSync(join(work, from, 'blobs/sha256', foreign), join(work, name, 'blobs/sha256', foreign))
  const index = JSON.parse(readFileSync(join(work, name, 'index.json'), 'utf8')) as {
    manifests: Record<string, unknown>[]
  }
  const manifest = JSON.parse(blob(name, String(index.manifests[0]?.['digest'])).toString()) as Record<
    string,
    object
  >
  Object.assign(manifest['config'] ?? {}, put(JSON.stringify(records)))
  Object.assign(index.manifests[0] ?? {}, put(JSON.stringify(manifest)))
  writeFileSync(join(work, name, 'index.json'), JSON.stringify(index))
}

describe('a directory', () => {
  it('holds what the last export and other tags need, and no more unless asked', async () => {
    using store = emptyStore()
    const one = 'FROM scratch\nCOPY a /1\n'
    const two = 'FROM scratch\nCOPY b /2\n'
    await buildIn(store, context(), one, { cacheTo: [to(local('tags'))] })
    await buildIn(store, context(), two, { cacheTo: [to({ ...local('tags'), tag: 'other' })] })
    expect(blobsIn('tags')).toHaveLength(6)
    await buildIn(store, context(), two, { cacheTo: [to(local('tags'), { keepOld: true })] })
    expect(blobsIn('tags')).toHaveLength(6)
    await buildIn(store, context(), two, { cacheTo: [to(local('tags'))] })
    expect(blobsIn('tags')).toHaveLength(3)
    expect(statSync(join(work, 'tags/oci-layout')).size).toBe(30)
  })

  it('takes several exports at once', async () => {
    using store = emptyStore()
    const files = ['a', 'b', 'c', 'd']
    for (const name of files) writeFileSync(join(work, 'context', `of-${name}`), name)
    const build = (name: string, over: Partial<Parameters<typeof buildIn>[3]>): Promise<Built> =>
      buildIn(store, context(), `FROM scratch\nCOPY of-${name} /\n`, over)
    await Promise.all(files.map((tag) => build(tag, { cacheTo: [to({ ...local('shared'), tag })] })))
    expect(blobsIn('shared')).toHaveLength(12)
    for (const tag of files) {
      using other = emptyStore()
      const text = `FROM scratch\nCOPY of-${tag} /\n`
      const built = await buildIn(other, context(), text, { cacheFrom: [{ ...local('shared'), tag }] })
      expect([built.executed, built.warnings]).toEqual([[], []])
    }
    expect(readdirSync(join(work, 'shared')).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
  })

  it('that holds something else is left alone', async () => {
    mkdirSync(join(work, 'foreign'))
    writeFileSync(join(work, 'foreign/precious'), 'x')
    using store = emptyStore()
    const cacheTo = (ignoreError: boolean) => [to(local('foreign'), { ignoreError })]
    await expect(buildIn(store, context(), text(), { cacheTo: cacheTo(false) })).rejects.toThrow(
      /other things/,
    )
    expect((await buildIn(store, context(), text(), { cacheTo: cacheTo(true) })).warnings).toHaveLength(1)
    expect(readdirSync(join(work, 'foreign'))).toEqual(['precious'])
  })
})

describe('a smaller cache', () => {
  it('has only the steps of the image (min)', async () => {
    using first = emptyStore()
    await buildIn(first, context(), text(), { cacheTo: [to(local('min'), { mode: 'min' })] })
    using store = emptyStore()
    const built = await buildIn(store, context(), text(), { cacheFrom: [local('min')] })
    // The builder's steps; what is copied from it is known by its content.
    expect(built.executed.map((name) => name.slice(0, 9))).toEqual(['[builder ', '[builder ', '[builder '])
  })

  it('comes with the image itself (inline)', async () => {
    const name = parseReference(`${registry.host}/cache/image:1`)
    using first = emptyStore()
    const made = await buildIn(first, context(), text(), { names: [name], cacheTo: [to({ kind: 'inline' })] })
    await pushTargets(first, [{ name, target: made.image }], {}, { env: {}, events: () => undefined })
    using store = emptyStore()
    const cacheFrom = [{ kind: 'registry', reference: `${registry.host}/cache/image:1` } as const]
    const built = await buildIn(store, context(), text(), { cacheFrom })
    expect(built.executed.map((step) => step.slice(0, 9))).toEqual(['[builder ', '[builder ', '[builder '])
    expect([built.image.id, built.warnings]).toEqual([made.image.id, []])
  })
})
