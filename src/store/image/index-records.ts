import { AppError } from '../../foundation/errors/index.ts'
import { byCodeUnit } from '../../foundation/filetree/index.ts'
import {
  type Descriptor,
  type Digest,
  type Index,
  mediaType,
  parseIndex,
  platformOf,
} from '../../foundation/oci/index.ts'
import { ContentError, type ContentStore } from '../content/index.ts'
import type { RecordTable } from '../records/index.ts'
import { describeBytes } from './assemble.ts'
import type { ImageRecord, IndexImageRecord, IndexRecord } from './records.ts'
import type { Image, ImageIndex } from './types.ts'

export interface IndexTools {
  readonly content: ContentStore
  /** By digest of the index. */
  readonly table: RecordTable<IndexRecord>
  /** The image of a record, if all of its parts are in the store. */
  readonly open: (record: ImageRecord) => Image | undefined
  /** Seconds since the epoch. */
  readonly now: () => number
}

/** The index of a record, if its document and at least one of its images are in the store. */
export const openIndex = (
  { content, open }: IndexTools,
  record: IndexRecord | undefined,
): ImageIndex | undefined => {
  const document = record && readIndex(content, record.index.digest)
  if (!document) return undefined
  const images = record.images.flatMap(({ platform, ...image }) => {
    const found = open(image)
    return found ? [{ platform, image: found }] : []
  })
  if (images.length === 0) return undefined
  const artifacts = record.artifacts.filter((digest) => content.stat(digest))
  return { descriptor: record.index, document, images, artifacts }
}

/** Writes document and record; see `ImageStore.adoptIndex`. */
export const adoptIndex = (
  tools: IndexTools,
  raw: Uint8Array,
  images: readonly Image[],
  artifacts: readonly Digest[],
): ImageIndex => {
  const document = parseIndex(Buffer.from(raw).toString('utf8'))
  const descriptor = describeBytes(document.mediaType ?? mediaType.index, raw)
  for (const { manifest } of images) {
    if (!document.manifests.some(({ digest }) => digest === manifest.digest))
      throw badIndex(`it does not name the manifest ${manifest.digest}`)
  }
  const before = tools.table.get(descriptor.digest)
  const known = new Map((before?.images ?? []).map((image) => [image.manifest.digest, image]))
  for (const image of images) known.set(image.manifest.digest, recordOf(image, document, tools.now()))
  const inOrder = document.manifests.flatMap(({ digest }): readonly IndexImageRecord[] => {
    const found = known.get(digest)
    // Once, also where the index names one manifest for several platforms.
    known.delete(digest)
    return found ? [found] : []
  })
  tools.content.put(raw)
  const record = {
    index: descriptor,
    images: inOrder,
    artifacts: [...new Set([...(before?.artifacts ?? []), ...artifacts])].sort(byCodeUnit),
  }
  const opened = openIndex(tools, record)
  if (!opened) throw badIndex('none of the images that it names is in the store')
  tools.table.put(descriptor.digest, record)
  return opened
}

const recordOf = (image: Image, document: Index, added: number): IndexImageRecord => {
  const named = document.manifests.find(({ digest }) => digest === image.manifest.digest)
  return {
    manifest: plain(image.manifest),
    imageId: image.id,
    stack: image.stack,
    added,
    platform: platformOf(named?.platform ?? image.config),
  }
}

const plain = ({ mediaType: type, digest, size }: Descriptor): Descriptor => ({
  mediaType: type,
  digest,
  size,
})

const badIndex = (why: string): AppError => new AppError('bad-image', `adopt index: ${why}`)

/** A missing or damaged document counts as absent, as with images. */
const readIndex = (content: ContentStore, digest: Digest): Index | undefined => {
  try {
    return parseIndex(content.read(digest).toString('utf8'))
  } catch (error) {
    if (error instanceof ContentError && (error.code === 'blob-not-found' || error.code === 'blob-corrupt'))
      return undefined
    throw error
  }
}
