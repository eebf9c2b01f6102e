import { existsSync } from 'node:fs'
import { type Descriptor, type DiffId, type HostPath, mediaType } from '../../foundation/oci/index.ts'
import { bootId } from '../../foundation/sys/index.ts'
import type { ContentStore } from '../content/index.ts'
import { createRecordTable } from '../records/index.ts'
import { layerNotFound } from './errors.ts'
import { type LayerFacts, parseLayerId, parseStoredLayer, type StoredLayer } from './layer-record.ts'
import { isLayerId, layerPaths, type StorePaths } from './store-paths.ts'
import { moveToTrash } from './trash.ts'
import type { LayerId, LayerRecord } from './types.ts'
import { isVolatile, volatileNow } from './volatile.ts'

/** The layers of a store: what is written down of them joined with the forms that are on disk. */
export interface LayerTable {
  get(id: LayerId): LayerRecord | undefined
  /** What is written down, whatever is on disk. */
  stored(id: LayerId): StoredLayer | undefined
  /** Read once: every step asks it of all the layers that it stands on. */
  facts(id: LayerId): LayerFacts | undefined
  /** Throws `layer-not-found`. */
  need(id: LayerId): LayerRecord
  findByDiffId(diffId: DiffId): LayerRecord | undefined
  add(layer: StoredLayer): LayerRecord
  /** Adds what was learnt of a layer; the DiffId of a layer never changes. */
  describe(id: LayerId, diffId: DiffId, tarSize: number): void
  /** Makes it look new, so that a prune that runs now leaves it to the build that has just found it. */
  touch(id: LayerId, created: number): void
  /** The uncompressed tar in the content store. */
  tarBlob(layer: LayerRecord): Descriptor | undefined
  list(): Iterable<LayerRecord>
  /** `SnapshotStore.present` */
  present(hasTar: (diffId: DiffId) => boolean): (id: LayerId, diffId: DiffId) => boolean
  remove(id: LayerId): void
}

export const createLayerTable = (paths: StorePaths, content: ContentStore, lists?: HostPath): LayerTable => {
  const records = createRecordTable(
    paths.layerRecords,
    parseStoredLayer,
    lists === undefined ? {} : { lists },
  )
  const diffIds = createRecordTable(paths.diffIdRecords, parseLayerId)
  const knownFacts = new Map<LayerId, LayerFacts>()

  const join = (
    stored: StoredLayer,
    { hasMark, hasTar }: Disk = { hasMark: (layer) => isVolatile(paths, layer) },
  ): LayerRecord | undefined => {
    const { origin, base, root: _root, implied: _implied, opaque: _opaque, ...known } = stored
    const tree = existsSync(layerPaths(paths, stored.id).tree)
    const blob = whole(content, origin) ?? tarOf(content, stored, hasTar)
    const patch = base && existsSync(layerPaths(paths, stored.id).patch) ? whole(content, base) : undefined
    if (!tree && !blob && !patch) return undefined
    const layer = { ...known, tree, ...(blob ? { blob } : {}), ...(patch ? { patch } : {}) }
    return hasMark(layer) ? { ...layer, volatileBoot: bootId() } : layer
  }
  const stored = (id: LayerId): StoredLayer | undefined => (isLayerId(id) ? records.get(id) : undefined)
  const get = (id: LayerId): LayerRecord | undefined => {
    const found = stored(id)
    return found && join(found)
  }
  const facts = (id: LayerId): LayerFacts | undefined => {
    const known = knownFacts.get(id) ?? factsOf(stored(id))
    if (known) knownFacts.set(id, known)
    return known
  }
  const need = (id: LayerId): LayerRecord => {
    const found = get(id)
    if (!found) throw layerNotFound(id)
    return found
  }

  const findByDiffId = (diffId: DiffId): LayerRecord | undefined => {
    const id = diffIds.get(diffId)
    const found = id && get(id)
    return found?.diffId === diffId ? found : undefined
  }
  /** Of two layers with the same bytes the first that is whole is found. */
  const remember = (diffId: DiffId, id: LayerId): void => {
    if (!findByDiffId(diffId)) diffIds.put(diffId, id)
  }

  function* listNow(): Generator<LayerRecord> {
    const disk = { hasMark: volatileNow(paths), hasTar: blobsNow(content) }
    for (const [, stored] of records.entries()) {
      const layer = join(stored, disk)
      if (layer) yield layer
    }
  }
  /** Who only shows them looks once. */
  let shown: readonly LayerRecord[] | undefined

  return {
    get,
    stored,
    facts,
    need,
    findByDiffId,
    add(layer) {
      records.put(layer.id, layer)
      if (layer.diffId) remember(layer.diffId, layer.id)
      return need(layer.id)
    },
    describe(id, diffId, tarSize) {
      const found = stored(id)
      if (!found) throw layerNotFound(id)
      if (found.diffId === undefined) records.put(id, { ...found, diffId, tarSize })
      remember(diffId, id)
    },
    touch(id, created) {
      const found = stored(id)
      if (found) records.put(id, { ...found, created })
    },
    tarBlob: (layer) => tarOf(content, layer),
    list: () => {
      if (lists === undefined) return listNow()
      shown ??= [...listNow()]
      return shown
    },
    present(hasTar) {
      const isRecorded = records.present()
      return (id, diffId) => isRecorded(id) && (hasTar(diffId) || get(id) !== undefined)
    },
    remove(id) {
      knownFacts.delete(id)
      // The record goes first: what has no record is no layer, whatever is left of it.
      records.remove(id)
      moveToTrash(paths, layerPaths(paths, id).directory)
    },
  }
}

const factsOf = (stored: StoredLayer | undefined): LayerFacts | undefined => {
  if (!stored) return undefined
  const { root, implied, opaque } = stored
  return { ...(root && { root }), ...(implied && { implied }), ...(opaque && { opaque }) }
}

const whole = (content: ContentStore, blob: Descriptor | undefined): Descriptor | undefined =>
  blob && content.stat(blob.digest)?.size === blob.size ? blob : undefined

/** One that has been cut off is none: nobody would be told that the end of a file is missing. */
const tarOf = (
  content: ContentStore,
  { diffId, tarSize }: Pick<LayerRecord, 'diffId' | 'tarSize'>,
  isThere?: (diffId: DiffId) => boolean,
): Descriptor | undefined => {
  if (diffId === undefined || isThere?.(diffId) === false) return undefined
  const blob = content.stat(diffId)
  if (tarSize !== undefined && blob?.size !== tarSize) return undefined
  return blob && { mediaType: mediaType.layer, digest: blob.digest, size: blob.size }
}

/** What is asked of the disk for each layer; without `hasTar` about each tar as well. */
interface Disk {
  readonly hasMark: (layer: LayerRecord) => boolean
  readonly hasTar?: (diffId: DiffId) => boolean
}

/** The blobs are listed once, at the first question. */
const blobsNow = (content: ContentStore): ((digest: DiffId) => boolean) => {
  let isHere: ((digest: DiffId) => boolean) | undefined
  return (digest) => {
    isHere ??= content.present()
    return isHere(digest)
  }
}
