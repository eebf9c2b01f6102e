import { AppError, exitCode } from '../../foundation/errors/index.ts'
import {
  type Digest,
  formatReference,
  hostPlatform,
  isDigest,
  type Platform,
  parseReference,
  pickPlatform,
} from '../../foundation/oci/index.ts'
import type { RecordTable } from '../records/index.ts'
import type { ImageRecord, IndexRecord } from './records.ts'
import type { NameRecord } from './types.ts'

export interface ImageTables {
  readonly names: RecordTable<NameRecord>
  /** By image id. */
  readonly images: RecordTable<ImageRecord>
  /** By digest of the index. */
  readonly indexes: RecordTable<IndexRecord>
  /** `repository@digest` of what was pulled or pushed. */
  readonly pins: RecordTable<NameRecord>
}

/** What a text stands for: one image, or an index. */
type Found =
  | { readonly kind: 'image'; readonly record: ImageRecord }
  | { readonly kind: 'index'; readonly record: IndexRecord }

/** The image that `text` means: a name first, then an id or the start of one, as docker does; of an index the one for `platform`. */
export const resolveRecord = (
  tables: ImageTables,
  text: string,
  platform?: Platform,
): ImageRecord | undefined => {
  const found = find(tables, text)
  return found?.kind === 'index' ? imageFor(found.record, platform) : found?.record
}

/** The index that `text` means; undefined for what is one image. */
export const resolveIndexRecord = (tables: ImageTables, text: string): IndexRecord | undefined => {
  const found = find(tables, text)
  return found?.kind === 'index' ? found.record : undefined
}

/** Of an index the image for `platform`; without one that for this machine, or the first that is here. */
const imageFor = (index: IndexRecord, platform?: Platform): ImageRecord | undefined =>
  pickPlatform(index.images, (image) => image.platform, platform ?? hostPlatform()) ??
  (platform ? undefined : index.images[0])

const find = (tables: ImageTables, text: string): Found | undefined => {
  if (isDigest(text)) return byDigest(tables, text)
  if (/^[0-9a-f]{64}$/.test(text)) return byPrefix(tables, text)
  const prefix = /^(?:sha256:)?([0-9a-f]{4,63})$/.exec(text)?.[1]
  return byName(tables, text) ?? (prefix === undefined ? undefined : byPrefix(tables, prefix))
}

const image = (record: ImageRecord | undefined): Found | undefined => record && { kind: 'image', record }

const index = (record: IndexRecord | undefined): Found | undefined => record && { kind: 'index', record }

/** An image may have come with several manifests (compressed otherwise, say): a name keeps the one that it was given. */
const named = (images: ImageTables['images'], { imageId, manifest }: NameRecord): Found | undefined => {
  const record = images.get(imageId)
  return record && image({ ...record, manifest })
}

const byName = (tables: ImageTables, text: string): Found | undefined => {
  const { names, images, indexes, pins } = tables
  const reference = parseReference(text)
  const { digest, registry, repository } = reference
  if (digest === undefined) {
    const name = names.get(formatReference(reference))
    if (name?.index) return index(indexes.get(name.index.digest))
    return name && named(images, name)
  }
  const pin = pins.get(formatReference({ registry, repository, digest }))
  const pinned = pin?.index ? index(indexes.get(pin.index.digest)) : pin && named(images, pin)
  if (pinned) return pinned
  // The digest decides; a name of the same repository must have led to it (docker ignores the tag here).
  for (const [key, name] of names.entries()) {
    const known = parseReference(key)
    if (known.registry !== registry || known.repository !== repository) continue
    const found = name.index ? inIndex(indexes.get(name.index.digest), digest) : named(images, name)
    if (found && digestOf(found) === digest) return found
  }
  return undefined
}

const digestOf = (found: Found): Digest =>
  found.kind === 'index' ? found.record.index.digest : found.record.manifest.digest

/** The index itself, or the image in it that has this manifest. */
const inIndex = (record: IndexRecord | undefined, digest: Digest): Found | undefined =>
  record?.index.digest === digest
    ? index(record)
    : image(record?.images.find(({ manifest }) => manifest.digest === digest))

const byDigest = ({ images, indexes, names }: ImageTables, digest: Digest): Found | undefined => {
  const own = images.get(digest)
  if (own) return image(own)
  for (const [, record] of images.entries()) if (record.manifest.digest === digest) return image(record)
  for (const [, record] of indexes.entries()) {
    const found = inIndex(record, digest)
    if (found) return found
  }
  for (const [, name] of names.entries())
    if (name.manifest.digest === digest && name.index === undefined) return named(images, name)
  return undefined
}

const byPrefix = ({ images, indexes }: ImageTables, prefix: string): Found | undefined => {
  const found: Found[] = []
  const start = `sha256:${prefix}`
  for (const [id, record] of images.entries()) if (id.startsWith(start)) found.push({ kind: 'image', record })
  for (const [digest, record] of indexes.entries())
    if (digest.startsWith(start)) found.push({ kind: 'index', record })
  if (found.length > 1) throw ambiguous(prefix, found.length)
  return found[0]
}

const ambiguous = (prefix: string, count: number): AppError =>
  new AppError('ambiguous-id', `find image ${prefix}: ${count} images have an id that starts so`, {
    exitCode: exitCode.usage,
    hint: 'give more digits of the id',
  })
