import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { byCodeUnit } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type {
  CacheMount as CacheInUse,
  CacheMountName,
  CacheMounts,
  Sharing,
} from '../../store/cache-mounts/index.ts'
import { addTree, writeEntries } from '../../store/snapshot/index.ts'
import { treeDigestOf } from '../context/index.ts'
import type { CacheMount } from '../graph/index.ts'
import type { MountSource, MountSources } from './mount-source.ts'

export interface StepCaches {
  /** Directory that holds `data`, what the mount shows. */
  directoryOf(mount: CacheMount): HostPath
  release(): void
}

/**
 * Takes the caches of one step, in an order that all steps agree on: two steps that want the same two locked ones cannot wait
 * for each other. Mounts of the same cache in one step share it.
 */
export const acquireCaches = async (
  mounts: readonly CacheMount[],
  options: { readonly caches: CacheMounts; readonly sources: MountSources; readonly signal: AbortSignal },
): Promise<StepCaches> => {
  const wanted = new Map<
    string,
    { mounts: CacheMount[]; name: CacheMountName; source: MountSource | undefined }
  >()
  for (const mount of mounts) {
    const source = options.sources.of(mount)
    const name = nameOf(mount, source)
    const key = JSON.stringify([name.id, name.uid, name.gid, name.mode, name.content ?? null])
    const known = wanted.get(key)
    if (known) known.mounts.push(mount)
    else wanted.set(key, { mounts: [mount], name, source })
  }
  const taken = new Map<CacheMount, CacheInUse>()
  const release = (): void => {
    for (const cache of new Set(taken.values())) cache.release()
  }
  try {
    for (const [, { mounts: users, name, source }] of [...wanted].sort(([a], [b]) => byCodeUnit(a, b))) {
      const cache = await options.caches.acquire(name, {
        sharing: strictest(users),
        signal: options.signal,
        fill: (directory) => fill(directory, name, source),
      })
      for (const user of users) taken.set(user, cache)
    }
  } catch (error) {
    release()
    throw error
  }
  return { directoryOf: (mount) => taken.get(mount)?.directory ?? '', release }
}

const strictest = (mounts: readonly CacheMount[]): Sharing =>
  (['locked', 'private'] as const).find((kind) => mounts.some(({ sharing }) => sharing === kind)) ?? 'shared'

const nameOf = (mount: CacheMount, source: MountSource | undefined): CacheMountName => ({
  id: mount.id,
  uid: mount.uid,
  gid: mount.gid,
  mode: mount.mode,
  ...(source ? { content: treeDigestOf(source.tree, source.entry) } : {}),
})

/** `data`: an empty directory, or a copy of what `from` and `source` name. */
const fill = (directory: HostPath, name: CacheMountName, source: MountSource | undefined): void => {
  if (source) {
    const { tree, entry } = source
    writeEntries(directory, (writer) => addTree(tree, writer, { from: entry.path, to: 'data' }))
    return
  }
  const data = join(directory, 'data')
  mkdirSync(data)
  chownSync(data, name.uid, name.gid)
  chmodSync(data, name.mode)
}
