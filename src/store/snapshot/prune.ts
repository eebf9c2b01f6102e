import { existsSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import { type Digest, type HostPath, hexOf, isDigest } from '../../foundation/oci/index.ts'
import { acquireLock, type Lock, removeFile } from '../../foundation/sys/index.ts'
import { type ContentStore, storeFailure } from '../content/index.ts'
import { createRecordTable } from '../records/index.ts'
import { parseLayerId } from './layer-record.ts'
import type { LayerTable } from './layer-table.ts'
import { heldByLeases } from './lease.ts'
import { readOwnedStack } from './owned-state.ts'
import { isLayerId, layerPaths, type StorePaths } from './store-paths.ts'
import { moveToTrash } from './trash.ts'
import type { CountRoots, Held, LayerId, LayerRecord, PruneResult, PruneRoots } from './types.ts'
import { besidesBlobs } from './usage.ts'
import type { Workshop } from './workshop.ts'

/**
 * Renames what nobody needs to the trash, in named steps. Kept: the roots, what containers stand on, what live leases
 * hold, and all that is as new as the oldest live lease. Waits for another prune; error `locked`.
 */
export const pruneStore = async (shop: Workshop, counted: PruneRoots | CountRoots): Promise<PruneResult> => {
  const { paths, content, layers, forms } = shop
  using _lock = await lockForPrune(paths)
  // The leases come first: whoever takes one later waits for the lock, so the roots are counted last.
  const held = heldByLeases(paths)
  const listed = [...layers.list()]
  const roots = typeof counted === 'function' ? counted(listed) : counted
  const inUse = new Set<LayerId>([...held.layers, ...stacksOfContainers(paths)])
  const keep = new Set<LayerId>([...roots.layersInUse, ...inUse])
  const blobs = new Set<Digest>([...roots.blobsInUse, ...held.blobs])

  const { left, dropped, bytes } = pruneLayers(shop, listed, keep, held)
  const found = pruneDiffIds(shop, { known: new Set(left.map(({ id }) => id)), dropped })
  for (const layer of left) {
    if (layer.blob) blobs.add(layer.blob.digest)
    // A container that is started again mounts what it was mounted from, and a build may be making another patch of the same base.
    if (layer.patch && (needsPatch(layer) || inUse.has(layer.id) || !isAlone(held)))
      blobs.add(layer.patch.digest)
    if (layer.diffId === undefined) continue
    blobs.add(layer.diffId)
    // Of several with the same bytes the one that was found by them may be gone; or whoever was to write it down was killed.
    if (!found.has(layer.diffId)) layers.describe(layer.id, layer.diffId, layer.tarSize ?? 0)
  }
  for (const digest of forms.prune((diffId) => isDigest(diffId) && blobs.has(diffId))) blobs.add(digest)
  const droppedBlobs = pruneBlobs(paths, content, blobs, held)
  dropBaseless(shop, left)
  pruneDirectories(paths, paths.merged, () => false, held)
  // One that has come since is newer than the oldest lease.
  const known = new Set<string>(['empty', ...left.map(({ id }) => id)])
  pruneDirectories(paths, paths.layers, (name) => known.has(name), held)
  // Whoever goes on with a download holds a lease, and has touched its files.
  if (existsSync(paths.partial)) pruneDirectories(paths, paths.partial, () => false, held)
  prunePlaces(paths, content)
  pruneTempFiles(join(paths.root, 'records'), held)
  return { layers: dropped.size, blobs: droppedBlobs.count, bytes: bytes + droppedBlobs.bytes }
}

/** Without live leases nobody makes anything. */
const isAlone = ({ since }: Held): boolean => since === Number.POSITIVE_INFINITY

/** Patches of what is gone, also those that a prune left that was killed. */
const dropBaseless = ({ paths, content, layers }: Workshop, left: readonly LayerRecord[]): void => {
  for (const { id } of left) {
    const base = layers.stored(id)?.base
    if (base && !content.stat(base.digest)) moveToTrash(paths, layerPaths(paths, id).patch)
  }
}

/** Its whole tar makes it superfluous once that is on the disk. */
const needsPatch = ({ blob, diffId, volatileBoot }: LayerRecord): boolean =>
  blob === undefined || blob.digest !== diffId || volatileBoot !== undefined

/** `SnapshotStore.quietly` */
export const quietly = async <T>(paths: StorePaths, work: (held: Held) => T): Promise<T> => {
  using _lock = await lockForPrune(paths)
  return work(heldByLeases(paths))
}

/** Milliseconds to wait for another prune. */
const patience = 600_000

/** The lock is a file, and so cannot be had on a full disk: there nobody may be at work whom it would keep out. */
const lockForPrune = async (paths: StorePaths): Promise<Lock | undefined> => {
  try {
    return await acquireLock(paths.pruneLock, { timeout: patience })
  } catch (error) {
    const errno = errnoOf(error)
    const isFull = errno === 'ENOSPC' || errno === 'EDQUOT'
    if (isFull && heldByLeases(paths).others === 0) return undefined
    throw storeFailure('lock the store', error)
  }
}

/** `SnapshotStore.heldLayers` */
export const heldLayers = (paths: StorePaths, layers: LayerTable): ReadonlySet<LayerId> => {
  const held = heldByLeases(paths)
  const fresh = [...layers.list()].flatMap(({ id, created }) => (created * 1000 >= held.since ? [id] : []))
  return new Set([...held.layers, ...fresh, ...stacksOfContainers(paths)])
}

const stacksOfContainers = (paths: StorePaths): readonly LayerId[] =>
  readdirSync(paths.owned).flatMap((name) => readOwnedStack(join(paths.owned, name)) ?? [])

const pruneLayers = (
  shop: Workshop,
  listed: readonly LayerRecord[],
  keep: ReadonlySet<LayerId>,
  held: Held,
): {
  readonly left: readonly LayerRecord[]
  readonly dropped: ReadonlySet<LayerId>
  /** Without blobs. */
  readonly bytes: number
} => {
  const { paths, layers } = shop
  const left: LayerRecord[] = []
  const dropped = new Set<LayerId>()
  let bytes = 0
  for (const layer of listed) {
    // Whoever has found it since it was listed has made it look new.
    const isNew = ({ created }: { readonly created: number }): boolean => created * 1000 >= held.since
    if (keep.has(layer.id) || isNew(layer) || (!isAlone(held) && isNew(layers.stored(layer.id) ?? layer))) {
      left.push(layer)
      continue
    }
    bytes += bytesOf(shop, layer)
    layers.remove(layer.id)
    dropped.add(layer.id)
  }
  // Records whose layer lost its last form are no layers any more; their files go too.
  const known = new Set<string>(left.map(({ id }) => id))
  for (const name of readdirSync(paths.layerRecords)) {
    if (!isLayerId(name) || known.has(name) || layers.get(name)) continue
    const record = join(paths.layerRecords, name)
    if (isOlder(record, held, 'ctimeMs')) rmSync(record, { force: true })
  }
  return { left, dropped, bytes }
}

/** A layer that cannot be measured, for its tree is damaged, goes all the same. */
const bytesOf = (shop: Workshop, layer: LayerRecord): number => {
  try {
    return besidesBlobs(shop, layer)
  } catch {
    return 0
  }
}

const pruneBlobs = (
  paths: StorePaths,
  content: ContentStore,
  keep: ReadonlySet<Digest>,
  held: Held,
): { readonly count: number; readonly bytes: number } => {
  let count = 0
  let bytes = 0
  for (const digest of content.digests()) {
    const size = keep.has(digest) ? undefined : removeOldBlob(paths, digest, held)
    if (size === undefined) continue
    count++
    bytes += size
  }
  return { count, bytes }
}

/** Bytes that are unlinked in less time than a lock is held anyway. */
const smallBlob = 1 << 20

/**
 * A process that finds a blob touches it, so its mtime counts. Whoever did that between our look and our rename
 * believes that it is there: it gets its place back. Without leases there is nobody who could. Bytes, when it is gone.
 */
const removeOldBlob = (paths: StorePaths, digest: Digest, held: Held): number | undefined => {
  const path = join(paths.blobs, hexOf(digest))
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (!found?.isFile() || found.mtimeMs >= held.since) return undefined
  if (isAlone(held) && found.size <= smallBlob) {
    removeFile(path)
    return found.size
  }
  const aside = moveToTrash(paths, path)
  if (aside === undefined) return undefined
  if (isAlone(held) || isOlder(aside, held, 'mtimeMs')) return found.size
  renameSync(aside, path)
  return undefined
}

const pruneDirectories = (
  paths: StorePaths,
  directory: HostPath,
  inUse: (name: string) => boolean,
  held: Held,
): void => {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name)
    if (!inUse(name) && isOlder(path, held, 'ctimeMs')) moveToTrash(paths, path)
  }
}

/** In which repositories a blob was seen (`store/transfer`) is of no use without the blob. */
const prunePlaces = (paths: StorePaths, content: ContentStore): void => {
  const table = createRecordTable(join(paths.root, 'records/places'), (value) => value)
  for (const [digest] of [...table.entries()])
    if (!isDigest(digest) || content.stat(digest) === undefined) table.remove(digest)
}

/** Removes those that led to layers that are gone; those that are left. */
const pruneDiffIds = (
  { paths, layers }: Workshop,
  { known, dropped }: { readonly known: ReadonlySet<LayerId>; readonly dropped: ReadonlySet<LayerId> },
): ReadonlySet<string> => {
  const table = createRecordTable(paths.diffIdRecords, parseLayerId)
  const left = new Set<string>()
  for (const [diffId, id] of table.entries()) {
    if (known.has(id) || (!dropped.has(id) && layers.get(id))) left.add(diffId)
    else table.remove(diffId)
  }
  return left
}

/** Left by processes that died between writing and renaming; whoever is alive and misses its file writes it again. */
const pruneTempFiles = (records: HostPath, held: Held): void => {
  for (const table of readdirSync(records, { withFileTypes: true })) {
    if (!table.isDirectory()) continue
    for (const name of readdirSync(join(records, table.name))) {
      const path = join(records, table.name, name)
      if (/^\..*\.(tmp|torn)$/.test(name) && isOlder(path, held, 'ctimeMs')) rmSync(path, { force: true })
    }
  }
}

/** Directories are renamed into place, which sets their ctime; their mtimes are those of what is in them. */
const isOlder = (path: HostPath, held: Held, time: 'mtimeMs' | 'ctimeMs'): boolean => {
  try {
    return lstatSync(path)[time] < held.since
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}
