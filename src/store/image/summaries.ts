import { byCodeUnit } from '../../foundation/filetree/index.ts'
import type { Digest } from '../../foundation/oci/index.ts'
import type { ContentStore } from '../content/index.ts'
import type { LayerId, LayerRecord, SnapshotStore } from '../snapshot/index.ts'
import type { ImageRecord } from './records.ts'
import type { ImageSummary } from './types.ts'

export interface SummarySources {
  readonly content: ContentStore
  readonly snapshots: SnapshotStore
  /** For records that do not say it: undefined when the config is missing or damaged, '' when it says nothing. */
  readonly createdOf: (id: Digest) => string | undefined
  /** Nothing is decided by them but what a list shows: what is written down of a layer is not read where its tar is there. */
  readonly areShown: boolean
  /** Those of the store; they are listed when absent. */
  readonly layers?: readonly LayerRecord[]
}

/** `ImageStore.summaries`: layers and blobs are listed once, however many images there are. */
export const summarize = (
  records: Iterable<readonly [string, ImageRecord]>,
  { content, snapshots, createdOf, areShown, layers }: SummarySources,
): readonly ImageSummary[] => {
  const known = [...records]
  if (known.length === 0) return []
  const isHere = content.present()
  const sizeOf = areShown ? shownSizes(snapshots, isHere) : sizes(layersByList(snapshots, layers))
  return known
    .flatMap(([, record]) => {
      const { imageId: id, manifest, stack, added } = record
      if (!isHere(id) || !isHere(manifest.digest)) return []
      const size = sizeOf(record)
      const created = size === undefined ? undefined : (record.created ?? createdOf(id))
      return size === undefined || created === undefined ? [] : { id, manifest, stack, added, created, size }
    })
    .sort((a, b) => byCodeUnit(b.created, a.created) || b.added - a.added || byCodeUnit(a.id, b.id))
    .map(({ id, manifest, stack, created, size }) => ({
      id,
      manifest,
      stack,
      ...(created === '' ? {} : { created }),
      ...(Number.isNaN(size) ? {} : { size }),
    }))
}

/** Bytes of all layers' tars; undefined when a layer is missing, NaN when the size of one is not known. */
type SizeOf = (record: ImageRecord) => number | undefined

type FindLayer = (id: LayerId) => LayerRecord | undefined

const sizes =
  (find: FindLayer): SizeOf =>
  ({ stack }) => {
    let sum = 0
    for (const id of stack) {
      const layer = find(id)
      if (!layer) return undefined
      sum += layer.tarSize ?? Number.NaN
    }
    return sum
  }

/** One may have come since they were listed. */
const layersByList = (snapshots: SnapshotStore, listed?: readonly LayerRecord[]): FindLayer => {
  const layers = new Map([...(listed ?? snapshots.list())].map((layer) => [layer.id, layer]))
  return (id) => layers.get(id) ?? snapshots.get(id)
}

const layersOneByOne = (snapshots: SnapshotStore): FindLayer => {
  const known = new Map<LayerId, LayerRecord | undefined>()
  return (id) => {
    if (!known.has(id)) known.set(id, snapshots.get(id))
    return known.get(id)
  }
}

/** By what the records of images say, where they do. */
const shownSizes = (snapshots: SnapshotStore, hasBlob: (digest: Digest) => boolean): SizeOf => {
  const otherwise = sizes(layersOneByOne(snapshots))
  const isHere = snapshots.present(hasBlob)
  return (record) => {
    const { stack, diffIds, size } = record
    if (diffIds === undefined || size === undefined) return otherwise(record)
    const isWhole = stack.every((id, i) => {
      const diffId = diffIds[i]
      return diffId !== undefined && isHere(id, diffId)
    })
    return isWhole ? size : undefined
  }
}
