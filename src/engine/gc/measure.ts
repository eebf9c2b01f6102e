import { lstatSync, readdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import { type Digest, type HostPath, hexOf, parseDiffId } from '../../foundation/oci/index.ts'
import { treeSize } from '../../foundation/sys/index.ts'
import type { LayerId, LayerRecord } from '../../store/snapshot/index.ts'
import type { Store } from '../store.ts'

/** What users keep on purpose: no budget counts it. */
const keptByUsers: ReadonlySet<string> = new Set(['containers', 'owned', 'volumes'])

/** Bytes on the disk of all that a prune could free: images, the build cache, records, the trash; not containers and volumes. */
export const storeSize = (root: HostPath): number =>
  readdirSync(root).reduce((sum, name) => sum + (keptByUsers.has(name) ? 0 : sizeAt(join(root, name))), 0)

const sizeAt = (path: HostPath): number => {
  try {
    return lstatSync(path).isDirectory() ? treeSize(path) : lstatSync(path).blocks * 512
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 0
    throw error
  }
}

export interface DiskSpace {
  /** Bytes. */
  readonly total: number
  /** Bytes that this user can still write. */
  readonly free: number
}

/** The file system that the store lies on. One system call. */
export const diskSpace = (root: HostPath): DiskSpace => {
  const { bsize, blocks, bavail } = statfsSync(root)
  return { total: blocks * bsize, free: bavail * bsize }
}

/** Names the tree of a layer among the parts of it. */
export const treePart = (id: LayerId): string => `${id} tree`

/** Bytes on the disk of layers, all forms; each is measured once. */
export const layerSizes = (store: Store): ((id: LayerId) => number) => {
  const partsOf = layerParts(store)
  return (id) => [...partsOf(id).values()].reduce((sum, size) => sum + size, 0)
}

/** The same by form: blobs by digest, the tree (`treePart`), and the rest by the layer's id. Each layer is measured once. */
export const layerParts = ({ root, snapshots }: Store): ((id: LayerId) => ReadonlyMap<string, number>) => {
  const known = new Map<LayerId, ReadonlyMap<string, number>>()
  const blobSize = (digest: Digest): number =>
    (lstatSync(join(root, 'content/blobs/sha256', hexOf(digest)), { throwIfNoEntry: false })?.blocks ?? 0) *
    512
  /** What the layer is a patch of, where no other layer has it. */
  const lonelyBase = ({ patch }: LayerRecord): Digest | undefined =>
    patch && !snapshots.findByDiffId(parseDiffId(patch.digest)) ? patch.digest : undefined
  const measure = (id: LayerId): ReadonlyMap<string, number> => {
    const layer = snapshots.get(id)
    if (!layer) return new Map()
    const blobs = new Set(
      [
        layer.blob?.digest,
        layer.diffId,
        lonelyBase(layer),
        ...snapshots.formsOf(id).map(({ digest }) => digest),
      ].filter((digest) => digest !== undefined),
    )
    const directory = join(root, 'layers', id)
    const tree = layer.tree ? treeSize(join(directory, 'tree')) : 0
    return new Map<string, number>([
      [id, Math.max(0, treeSize(directory) - tree)],
      [treePart(id), tree],
      ...[...blobs].map((digest) => [digest, blobSize(digest)] as const),
    ])
  }
  return (id) => {
    const parts = known.get(id) ?? measure(id)
    known.set(id, parts)
    return parts
  }
}
