import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { acquireLock, atomicWrite, treeSize } from '../../foundation/sys/index.ts'
import { storeFailure } from '../content/index.ts'
import { parseCacheMountName } from './cache-mount-name.ts'
import { addInstance, discard, halfMade, type Instance, instancesOf, namesIn, use } from './instances.ts'
import type {
  CacheMount,
  CacheMountName,
  CacheMounts,
  CacheMountUsage,
  PruneCaches,
  Sharing,
} from './types.ts'

/**
 * The cache mounts of the store at `root`, under `cache-mounts/KEY/NUMBER`. KEY is a digest of the name; of what a Dockerfile
 * says nothing becomes a path (SECURITY 40). Reads and writes nothing by itself.
 */
export const openCacheMounts = (root: HostPath): CacheMounts => {
  const base = join(root, 'cache-mounts')
  const trash = join(root, 'trash')
  return {
    acquire: (name, options) => acquire(base, trash, name, options),
    list: () => cachesIn(base).flatMap((cache) => instancesOf(cache).map((found) => usageOf(cache, found))),
    async prune(which = {}) {
      const dropped: CacheMountUsage[] = []
      for (const cache of cachesIn(base)) dropped.push(...(await pruneCache(base, trash, cache, which)))
      return dropped
    },
  }
}

/** Milliseconds to wait for somebody who fills a new cache. */
const patience = 30 * 60_000

/** Milliseconds between two looks at a cache that others use. */
const pause = 50

const acquire = async (
  base: HostPath,
  trash: HostPath,
  name: CacheMountName,
  options: Parameters<CacheMounts['acquire']>[1],
): Promise<CacheMount> => {
  const key = keyOf(name)
  const cache = join(base, key)
  for (;;) {
    const found = await locked(base, key, options.signal, () => {
      mkdirSync(cache, { recursive: true, mode: 0o700 })
      for (const path of halfMade(cache)) discard(trash, path)
      const all = instancesOf(cache)
      if (all.length === 0) atomicWrite(join(cache, 'name'), JSON.stringify(name))
      const free = all.find((instance) => isFree(instance, options.sharing))
      if (free === undefined && all.length > 0 && options.sharing === 'locked') return undefined
      const instance = free ?? addInstance(cache, options.fill)
      return { instance, release: use(instance, options.sharing !== 'shared') }
    })
    if (found) return { directory: join(found.instance.directory, 'tree'), release: found.release }
    await sleep(pause, undefined, { signal: options.signal })
  }
}

const isFree = ({ users }: Instance, sharing: Sharing): boolean =>
  users === 'none' || (users === 'shared' && sharing === 'shared')

const keyOf = (name: CacheMountName): string =>
  createHash('sha256')
    .update(JSON.stringify([1, name.id, name.uid, name.gid, name.mode, name.content ?? null]))
    .digest('hex')
    .slice(0, 32)

const locked = async <T>(
  base: HostPath,
  key: string,
  signal: AbortSignal | undefined,
  work: () => T,
): Promise<T> => {
  try {
    mkdirSync(join(base, 'locks'), { recursive: true, mode: 0o700 })
    using _lock = await acquireLock(join(base, 'locks', key), {
      timeout: patience,
      ...(signal ? { signal } : {}),
    })
    return work()
  } catch (error) {
    throw errnoOf(error) === undefined ? error : storeFailure('use a cache mount', error)
  }
}

const cachesIn = (base: HostPath): readonly HostPath[] =>
  namesIn(base)
    .filter((name) => /^[0-9a-f]{32}$/.test(name))
    .map((name) => join(base, name))

const usageOf = (cache: HostPath, { directory, users, lastUsed }: Instance): CacheMountUsage => {
  const name = nameOf(cache)
  return {
    id: name?.id ?? '?',
    name,
    inUse: users !== 'none',
    lastUsed,
    size: treeSize(join(directory, 'tree')),
  }
}

const nameOf = (cache: HostPath): CacheMountName | undefined => {
  try {
    return parseCacheMountName(JSON.parse(readFileSync(join(cache, 'name'), 'utf8')))
  } catch {
    // Torn by a crash: a cache is found by its key.
    return undefined
  }
}

const pruneCache = (
  base: HostPath,
  trash: HostPath,
  cache: HostPath,
  which: PruneCaches,
): Promise<readonly CacheMountUsage[]> =>
  locked(base, cache.slice(base.length + 1), undefined, () => {
    for (const path of halfMade(cache)) discard(trash, path)
    const dropped = instancesOf(cache).flatMap((instance) => {
      const usage = usageOf(cache, instance)
      if (usage.inUse || !isMeant(usage, which)) return []
      discard(trash, instance.directory)
      return [usage]
    })
    if (namesIn(cache).every((name) => name === 'name')) discard(trash, cache)
    return dropped
  })

const isMeant = ({ id, lastUsed }: CacheMountUsage, which: PruneCaches): boolean =>
  (which.unusedSince === undefined || lastUsed < which.unusedSince) &&
  (which.id === undefined || which.id === id)
