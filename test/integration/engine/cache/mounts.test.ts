import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../../../../src/cli/cache/cache.ts'
import { mountsMediaType } from '../../../../src/engine/cache/document.ts'
import { localSink } from '../../../../src/engine/cache/local-sink.ts'
import { encodeMounts } from '../../../../src/engine/cache/mounts-document.ts'
import type { Store } from '../../../../src/engine/store.ts'
import type { CacheMountName } from '../../../../src/store/cache-mounts/index.ts'
import type { LayerAddition } from '../../../../src/store/layer/index.ts'
import { emptyStore } from '../../../support/build-rig.ts'
import { directory, entry } from '../../../support/image-store.ts'
import { runVerb, type VerbResult } from '../../../support/memory-cli.ts'
import { type DockerRegistry, startDockerRegistry } from '../../../support/registry/docker-registry.ts'

let registry: DockerRegistry
let work: string
beforeAll(async () => {
  registry = await startDockerRegistry()
  work = mkdtempSync(join(tmpdir(), 'tsbuild-mounts-'))
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  rmSync(work, { recursive: true, force: true })
})

const cache = (
  store: Store,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<VerbResult> => runVerb(run, argv, { root: store.root, cwd: work, env })
const { signal } = new AbortController()
const apt: CacheMountName = { id: '/var/cache/apt', uid: 0, gid: 0, mode: 0o755 }

/** A cache with a file of somebody, a link and a directory. */
const makeCache = async (store: Store, name: CacheMountName, text: string): Promise<void> => {
  const fill = (at: string): void => {
    mkdirSync(join(at, 'data/sub'), { recursive: true, mode: 0o750 })
    writeFileSync(join(at, 'data/sub/file'), text, { mode: 0o640 })
    chownSync(join(at, 'data/sub/file'), 1234, 4321)
    symlinkSync('/etc/passwd', join(at, 'data/link'))
  }
  ;(await store.cacheMounts.acquire(name, { sharing: 'shared', signal, fill })).release()
}

const fileOf = async (store: Store, name: CacheMountName): Promise<string> => {
  const fill = (): never => {
    throw new Error('there is no such cache')
  }
  const mount = await store.cacheMounts.acquire(name, { sharing: 'shared', signal, fill })
  mount.release()
  return join(mount.directory, 'data/sub/file')
}

describe.each(['a directory', 'a registry'])('cache mounts through %s', (kind) => {
  const place = (name: string): string =>
    kind === 'a directory' ? `./${name}` : `${registry.host}/mounts/${name}:1`

  it('come back with owners and modes, and do not replace others unless told', async () => {
    using first = emptyStore()
    await makeCache(first, apt, 'of the first')
    await makeCache(first, { ...apt, id: 'npm' }, 'npm')
    expect((await cache(first, ['export', place('both')])).stdout.split('\n').sort()).toEqual([
      '',
      'exported /var/cache/apt',
      'exported npm',
    ])
    using second = emptyStore()
    await makeCache(second, { ...apt, id: 'npm' }, 'own')
    const done = await cache(second, ['import', place('both')])
    expect([done.code, done.stdout.split('\n').sort()]).toEqual([
      0,
      ['', 'imported /var/cache/apt', 'kept npm'],
    ])
    const path = await fileOf(second, apt)
    const { uid, gid, mode } = statSync(path)
    expect([readFileSync(path, 'utf8'), uid, gid, mode & 0o7777]).toEqual(['of the first', 1234, 4321, 0o640])
    expect(readFileSync(await fileOf(second, { ...apt, id: 'npm' }), 'utf8')).toBe('own')
    expect((await cache(second, ['import', '--replace', '--id', 'npm', place('both')])).stdout).toBe(
      'imported npm\n',
    )
    expect(readFileSync(await fileOf(second, { ...apt, id: 'npm' }), 'utf8')).toBe('npm')
    const names = (await cache(second, ['ls', '-q'])).stdout.split('\n').sort()
    expect(names).toEqual(['', '/var/cache/apt', 'npm'])
    expect((await cache(second, ['prune', '--id', 'npm'])).stdout).toMatch(
      /^removed npm\nTotal reclaimed space: /,
    )
    expect((await cache(second, ['ls', '-q'])).stdout).toBe('/var/cache/apt\n')
  })

  it('are refused without the signature that is asked for', async () => {
    const env = { TSBUILD_CACHE_KEY: 'a key of sixteen bytes' }
    using store = emptyStore()
    await makeCache(store, apt, 'x')
    await cache(store, ['export', place('unsigned')])
    await cache(store, ['export', place('signed')], env)
    using other = emptyStore()
    const refused = await cache(other, ['import', place('unsigned')], env)
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('not signed')])
    expect((await cache(other, ['import', place('signed')], env)).code).toBe(0)
  })
})

describe('what is imported', () => {
  const crafted = async (name: string, entries: readonly LayerAddition[]): Promise<VerbResult> => {
    using store = emptyStore()
    const id = store.snapshots.writeLayer((writer) => {
      for (const one of entries)
        writer.add(one, one.size > 0 ? { kind: 'bytes', bytes: Buffer.alloc(one.size) } : undefined)
    })
    const blob = await store.snapshots.compressedOf(id, { kind: 'gzip', level: 1 })
    const { diffId } = await store.snapshots.describe(id)
    const sink = localSink(join(work, name), { tag: 'mounts', keepOld: false, type: mountsMediaType })
    await sink.add(blob)
    await sink.finish(
      { bytes: encodeMounts([{ name: apt, layer: { diffId, blob } }]), signature: undefined },
      [blob],
    )
    using other = emptyStore()
    const done = await cache(other, ['import', `./${name}`])
    expect(other.cacheMounts.list()).toEqual([])
    return done
  }

  it('is no device, and nothing beside the content', async () => {
    const device = await crafted('device', [
      directory('data'),
      entry('data/sda', { type: 'block', major: 8, minor: 0 }),
    ])
    expect([device.code, device.stderr]).toEqual([1, expect.stringContaining('is a device')])
    const beside = await crafted('beside', [directory('data'), entry('users', { size: 1 })])
    expect([beside.code, beside.stderr]).toEqual([1, expect.stringContaining('expected one entry, data')])
  })

  it('is found, or said to be missing', async () => {
    using store = emptyStore()
    expect((await cache(store, ['import', './nowhere'])).stderr).toContain('index.json: ENOENT')
    expect((await cache(store, ['export', '--id', 'none', './new'])).stderr).toContain('the store has none')
    expect((await cache(store, ['lss'])).stderr).toContain('did you mean ls?')
    expect((await cache(store, ['prune', '--unused-for', 'ages'])).code).toBe(2)
  })
})
