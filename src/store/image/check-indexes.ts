import { join } from 'node:path'
import { AppError, type CountChecked, type Finding } from '../../foundation/errors/index.ts'
import { type Index, parseImageConfig, parseIndex, parseManifest } from '../../foundation/oci/index.ts'
import { createRecordTable } from '../records/index.ts'
import type { ImageCheck } from './check-images.ts'
import { type IndexImageRecord, type IndexRecord, parseIndexRecord, parseNameRecord } from './records.ts'

/** Every index record: its document is there and names its images, and each of them is whole. */
export function* checkIndexes(store: ImageCheck, count: CountChecked): Generator<Finding> {
  const table = createRecordTable(join(store.records, 'indexes'), parseIndexRecord)
  for (const [digest, record] of table.entries()) {
    count()
    const { problem, left } = lookAt(store, digest, record)
    // Removed or replaced while it was looked at.
    if (problem === undefined || JSON.stringify(table.get(digest)) !== JSON.stringify(record)) continue
    const names = store.images.names().flatMap(({ name, index }) => (index?.digest === digest ? [name] : []))
    yield {
      what: `index ${digest}${names.length > 0 ? ` (${names.join(', ')})` : ''}`,
      problem,
      severity: names.length > 0 ? 'damage' : 'leftover',
      repair: () => {
        if (left === undefined) table.remove(digest)
        else table.put(digest, left)
        return left === undefined
          ? 'the record was dropped: build, pull or load the image again'
          : 'what is not whole was dropped from it; the other images stay'
      },
    }
  }
}

/** Every name by digest: it leads to an image or an index that is here. */
export function* checkPins(store: ImageCheck, count: CountChecked): Generator<Finding> {
  const table = createRecordTable(join(store.records, 'pins'), parseNameRecord)
  for (const [pin, record] of table.entries()) {
    count()
    const problem = record.name === pin ? leadsNowhere(store, pin) : `its record says ${record.name}`
    if (problem === undefined || table.get(pin) === undefined) continue
    yield {
      what: `name ${pin}`,
      problem,
      severity: 'leftover',
      repair: () => {
        table.remove(pin)
        return 'dropped'
      },
    }
  }
}

const leadsNowhere = ({ images }: ImageCheck, pin: string): string | undefined =>
  images.resolve(pin) ? undefined : 'leads to an image that is gone'

interface Look {
  readonly problem?: string
  /** What remains of the record without what is not whole; undefined when nothing does. */
  readonly left?: IndexRecord
}

const lookAt = (store: ImageCheck, digest: string, record: IndexRecord): Look => {
  if (record.index.digest !== digest) return { problem: `its record says ${record.index.digest}` }
  let document: Index
  try {
    document = parseIndex(store.content.read(record.index.digest).toString('utf8'))
  } catch (error) {
    if (error instanceof AppError) return { problem: `its document is not whole: ${error.message}` }
    throw error
  }
  const problems = record.images.map((image) => problemOfImage(store, document, image))
  const images = record.images.filter((_, at) => problems[at] === undefined)
  const artifacts = record.artifacts.filter((artifact) => store.content.stat(artifact))
  const lost = record.artifacts.find((artifact) => !artifacts.includes(artifact))
  const problem =
    problems.find((one) => one !== undefined) ??
    (lost === undefined ? undefined : `its artifact ${lost} is gone`)
  if (images.length === 0) return { problem: problem ?? 'has no image' }
  return problem === undefined ? {} : { problem, left: { ...record, images, artifacts } }
}

const problemOfImage = (
  { content, snapshots }: ImageCheck,
  document: Index,
  { manifest, imageId, stack }: IndexImageRecord,
): string | undefined => {
  if (!document.manifests.some(({ digest }) => digest === manifest.digest))
    return `does not name the manifest ${manifest.digest} of its record`
  try {
    const { config } = parseManifest(content.read(manifest.digest).toString('utf8'))
    if (config.digest !== imageId) return `manifest ${manifest.digest} names config ${config.digest}`
    const layers = parseImageConfig(content.read(imageId).toString('utf8')).rootfs.diff_ids
    if (layers.length !== stack.length)
      return `image ${imageId} has ${layers.length} layers, its record ${stack.length}`
    for (const [at, id] of stack.entries()) {
      const layer = snapshots.get(id)
      if (!layer) return `layer ${id} of image ${imageId} is gone`
      if (layer.diffId !== undefined && layer.diffId !== layers[at])
        return `layer ${id} of image ${imageId} has diff id ${layer.diffId}, its config says ${layers[at]}`
    }
    return undefined
  } catch (error) {
    if (error instanceof AppError) return `image ${imageId} is not whole: ${error.message}`
    throw error
  }
}
