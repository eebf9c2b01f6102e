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
}

/** `ImageStore.summaries`: layers and blobs are listed once, however many images there are. */
export const summarize = (
  records: Iterable<readonly [string, ImageRecord]>,
  { content, snapshots, createdOf }: SummarySources,
): readonly ImageSummary[] => {
  const known = [...records]
  if (known.length === 0) return []
  const isHere = content.present()
  const layers = new Map([...snapshots.list()].map((layer) => [layer.id, layer]))
  return known
    .flatMap(([, record]) => {
      const { imageId: id, manifest, stack, added } = record
      if (!isHere(id) || !isHere(manifest.digest)) return []
      const size = sizeOf(stack, layers)
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

/** Undefined when a layer is missing, NaN when the size of one is not known. */
const sizeOf = (stack: readonly LayerId[], layers: ReadonlyMap<LayerId, LayerRecord>): number | undefined => {
  let sum = 0
  for (const id of stack) {
    const layer = layers.get(id)
    if (!layer) return undefined
    sum += layer.tarSize ?? Number.NaN
  }
  return sum
}
