import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../foundation/oci/index.ts'
import { type CacheMounts, openCacheMounts } from '../store/cache-mounts/index.ts'
import { type ContentStore, createContentStore } from '../store/content/index.ts'
import { createImageStore, type ImageStore } from '../store/image/index.ts'
import { journalIn } from '../store/journal/index.ts'
import { createRecordTable, type RecordTable } from '../store/records/index.ts'
import {
  acquireLease,
  type Lease,
  openSnapshots,
  openStoreRoot,
  type SnapshotStore,
} from '../store/snapshot/index.ts'
import { parseStepRecord, type StepRecord } from './build/step-cache.ts'

/** An open store: all that commands keep on the disk, as one record of parts. */
export interface Store {
  /** Absolute path. */
  readonly root: HostPath
  readonly content: ContentStore
  readonly snapshots: SnapshotStore
  readonly images: ImageStore
  /** Directories of RUN --mount=type=cache. */
  readonly cacheMounts: CacheMounts
  /** Results of build steps by cache key. */
  readonly steps: RecordTable<StepRecord>
  /** Held by every command that makes or uses layers, so that a prune beside it leaves them alone. */
  lease(signal?: AbortSignal): Promise<Lease>
}

export interface StoreOptions {
  readonly root: HostPath
  /** Milliseconds since the epoch. */
  readonly now?: () => number
  /** `overlay`, or `copy` where the store lies on a file system that cannot carry an overlay. Chosen when absent. */
  readonly driver?: 'overlay' | 'copy'
  /** For verbs that only show what there is: lists of records may come from a file that holds them together. */
  readonly onlyShown?: boolean
}

/**
 * Opens the store at `root` (an absolute path), making it when there is none. Throws `store-denied`, `store-foreign`, `store-too-new`,
 * `store-io`.
 */
export const openStore = (options: StoreOptions): Store => {
  const { root } = options
  openStoreRoot(root)
  const content = createContentStore(root)
  const lists = options.onlyShown ? { lists: listsIn(root) } : {}
  const snapshots = openSnapshots({ root, content, driver: options.driver ?? driverFor(root), ...lists })
  const records = join(root, 'records')
  return {
    root,
    content,
    snapshots,
    images: createImageStore({
      content,
      snapshots,
      records,
      journal: journalIn(root),
      ...lists,
      ...(options.now && { now: options.now }),
    }),
    cacheMounts: openCacheMounts(root),
    steps: createRecordTable(join(records, 'steps'), parseStepRecord),
    lease: (signal) => acquireLease(root, signal),
  }
}

/** Where lists of records are kept that were read for `onlyShown`. Whoever removes much removes it too. */
export const listsIn = (root: HostPath): HostPath => join(root, 'cache/lists')

/** Where runs are written down that the helper does alone (`record-run.ts`). Can be removed at any time. */
export const runsIn = (root: HostPath): HostPath => join(root, 'cache/runs')

/** statfs(2) f_type of overlayfs. */
const overlayMagic = 0x794c7630

/** An overlay's upperdir cannot lie on an overlay (a store inside a container): there, trees are copied. */
const driverFor = (root: HostPath): 'overlay' | 'copy' =>
  statfsSync(root).type === overlayMagic ? 'copy' : 'overlay'

/** Milliseconds. The containers of `--rm` end in the trash, and whoever waits for one still reads there how it ended. */
export const trashAge = 60_000

/**
 * Builds and runs have deleted what has lain in the trash for a while, or a store on which nobody prunes would only grow. They do not
 * wait for it. What cannot be deleted (an immutable file) is no reason to fail: `prune` says so.
 */
export const sweepTrash = (store: Store): void => {
  try {
    store.snapshots.sweepTrash(trashAge)
  } catch {
    // It stays for `prune`.
  }
}
