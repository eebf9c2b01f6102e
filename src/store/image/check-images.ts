import { join } from 'node:path'
import { AppError, type CountChecked, type Finding } from '../../foundation/errors/index.ts'
import { type Digest, type HostPath, parseImageConfig, parseManifest } from '../../foundation/oci/index.ts'
import type { ContentStore } from '../content/index.ts'
import { createRecordTable } from '../records/index.ts'
import type { SnapshotStore } from '../snapshot/index.ts'
import { historyMatches } from './history.ts'
import { type ImageRecord, parseImageRecord, parseNameRecord } from './records.ts'
import type { ImageStore } from './types.ts'

export interface ImageCheck {
  readonly content: ContentStore
  readonly snapshots: SnapshotStore
  readonly images: ImageStore
  /** Directory of the record tables. */
  readonly records: HostPath
  /** Brings an image, by `REGISTRY/REPOSITORY@DIGEST`, into the store again. */
  readonly refetch?: (name: string) => Promise<void>
}

/**
 * Every image record: documents that are there, whole, and of one another; layers that are there and have the diff ids of the
 * config. Bytes of layers are the business of other checks.
 */
export function* checkImages(store: ImageCheck, count: CountChecked): Generator<Finding> {
  const table = createRecordTable(join(store.records, 'images'), parseImageRecord)
  for (const [id, record] of table.entries()) {
    count()
    const problem = problemOf(store, id, record)
    // Removed or replaced while it was looked at.
    if (problem === undefined || JSON.stringify(table.get(id)) !== JSON.stringify(record)) continue
    const names = namesOf(store, record.imageId)
    yield {
      what: `image ${id}${names.length > 0 ? ` (${names.join(', ')})` : ''}`,
      problem,
      severity: names.length > 0 ? 'damage' : 'leftover',
      repair: () => {
        table.remove(id)
        return names.length > 0 ? fetchAgain(store, record.imageId) : dropped
      },
    }
  }
}

const dropped = 'the record was dropped: build, pull or load the image again'

/** From where it was pulled, by its digest; names led to the id and lead there still. */
const fetchAgain = async ({ images, refetch }: ImageCheck, imageId: Digest): Promise<string> => {
  const pin = images.pins().find((known) => known.imageId === imageId && known.index === undefined)
  if (!refetch || !pin) return dropped
  try {
    await refetch(pin.name)
    return `fetched again: ${pin.name}`
  } catch (error) {
    if (error instanceof AppError) return `${dropped} (it could not be fetched: ${error.message})`
    throw error
  }
}

/** Every name: it leads to an image that is whole. */
export function* checkNames(store: ImageCheck, count: CountChecked): Generator<Finding> {
  const table = createRecordTable(join(store.records, 'names'), parseNameRecord)
  for (const [name, record] of table.entries()) {
    count()
    if (store.images.resolve(record.name) || table.get(name) === undefined) continue
    yield {
      what: `name ${name}`,
      problem: `leads to image ${record.imageId}, which is not whole`,
      severity: 'damage',
      repair: () => {
        table.remove(name)
        return 'dropped'
      },
    }
  }
}

const namesOf = ({ images }: ImageCheck, id: Digest): readonly string[] =>
  images.names().flatMap((name) => (name.imageId === id ? [name.name] : []))

const problemOf = (store: ImageCheck, id: string, record: ImageRecord): string | undefined => {
  if (record.imageId !== id) return `its record says ${record.imageId}`
  try {
    const { content } = store
    const config = parseImageConfig(content.read(record.imageId).toString('utf8'))
    const manifest = parseManifest(content.read(record.manifest.digest).toString('utf8'))
    const layers = config.rootfs.diff_ids.length
    if (manifest.config.digest !== id) return `its manifest names config ${manifest.config.digest}`
    if (!historyMatches(config)) return 'its history does not fit its layers'
    if (manifest.layers.length !== layers || record.stack.length !== layers)
      return `its config has ${layers} layers, its manifest ${manifest.layers.length}, its record ${record.stack.length}`
    return layerProblem(store, record, config.rootfs.diff_ids)
  } catch (error) {
    if (error instanceof AppError) return `it is not whole: ${error.message}`
    throw error
  }
}

const layerProblem = (
  { snapshots }: ImageCheck,
  { stack }: ImageRecord,
  diffIds: readonly Digest[],
): string | undefined => {
  for (const [position, layer] of stack.entries()) {
    const found = snapshots.get(layer)
    if (!found) return `its layer ${layer} is gone`
    if (found.diffId !== undefined && found.diffId !== diffIds[position])
      return `its layer ${layer} has diff id ${found.diffId}, its config says ${diffIds[position]}`
  }
  return undefined
}
