import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import { SnapshotError } from './errors.ts'
import type { LayerId } from './types.ts'

/** Where things lie under the root of a store (ARCHITECTURE.md, "The store on disk"). */
export interface StorePaths {
  readonly root: HostPath
  readonly version: HostPath
  readonly layers: HostPath
  /** Upperdirs of builds, named by `ownedName`: the name is the lease. */
  readonly active: HostPath
  /** Upperdirs of containers, named by the container. */
  readonly owned: HostPath
  /** Merged trees of the copying driver. */
  readonly merged: HostPath
  readonly blobs: HostPath
  readonly ingest: HostPath
  /** Downloads that may be gone on with, named by the digest that they are to have. */
  readonly partial: HostPath
  readonly leases: HostPath
  /** BOOT/ID.FORM: forms of layers that no syncfs has covered yet. */
  readonly volatile: HostPath
  readonly trash: HostPath
  readonly layerRecords: HostPath
  readonly diffIdRecords: HostPath
  /** The empty directory that is the only lower layer of the empty stack. */
  readonly empty: HostPath
  readonly pruneLock: HostPath
}

export const storePaths = (root: HostPath): StorePaths => ({
  root,
  version: join(root, 'version'),
  layers: join(root, 'layers'),
  active: join(root, 'active'),
  owned: join(root, 'owned'),
  merged: join(root, 'merged'),
  blobs: join(root, 'content/blobs/sha256'),
  ingest: join(root, 'content/ingest'),
  partial: join(root, 'content/partial'),
  leases: join(root, 'leases'),
  volatile: join(root, 'volatile'),
  trash: join(root, 'trash'),
  layerRecords: join(root, 'records/layers'),
  diffIdRecords: join(root, 'records/diffids'),
  empty: join(root, 'layers/empty'),
  pruneLock: join(root, 'prune.lock'),
})

/** Paths of one layer. */
export interface LayerPaths {
  readonly directory: HostPath
  readonly tree: HostPath
  readonly index: HostPath
  readonly digests: HostPath
  /** Its tar as pieces of another layer's (docs/adr/0009). */
  readonly patch: HostPath
}

const layerIdGrammar = /^[0-9a-f]{32}$/

export const isLayerId = (text: string): text is LayerId => layerIdGrammar.test(text)

/** Throws `bad-layer-id`: nothing but the strict grammar becomes a path. */
export const layerPaths = (paths: StorePaths, id: LayerId): LayerPaths => {
  if (!isLayerId(id)) {
    throw new SnapshotError(
      'bad-layer-id',
      `use layer id ${JSON.stringify(String(id).slice(0, 100))}: expected 32 lower-case hex digits`,
    )
  }
  const directory = `${paths.layers}/${id}`
  return {
    directory,
    tree: `${directory}/tree`,
    index: `${directory}/index`,
    digests: `${directory}/digests`,
    patch: `${directory}/patch`,
  }
}

const ownerGrammar = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/

/** Directory of the state that container `id` owns. Throws `bad-snapshot-id`. */
export const ownedPath = (paths: StorePaths, id: string): HostPath => {
  if (!ownerGrammar.test(id)) {
    throw new SnapshotError(
      'bad-snapshot-id',
      `use snapshot id ${JSON.stringify(id.slice(0, 100))}: expected letters, digits, "_", "." and "-"`,
    )
  }
  return join(paths.owned, id)
}
