import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { type Digest, formatReference, isDigest, parseReference } from '../../foundation/oci/index.ts'
import type { RecordTable } from '../records/index.ts'
import type { ImageRecord } from './records.ts'
import type { NameRecord } from './types.ts'

export interface ImageTables {
  readonly names: RecordTable<NameRecord>
  /** By image id. */
  readonly images: RecordTable<ImageRecord>
}

/** The record that `text` means: a name first, then an id or the start of one, as docker does. */
export const resolveRecord = (tables: ImageTables, text: string): ImageRecord | undefined => {
  if (isDigest(text)) return byDigest(tables, text)
  if (/^[0-9a-f]{64}$/.test(text)) return byPrefix(tables, text)
  const prefix = /^(?:sha256:)?([0-9a-f]{4,63})$/.exec(text)?.[1]
  return byName(tables, text) ?? (prefix === undefined ? undefined : byPrefix(tables, prefix))
}

const byName = ({ names, images }: ImageTables, text: string): ImageRecord | undefined => {
  const reference = parseReference(text)
  const { digest, registry, repository } = reference
  if (digest === undefined) {
    const name = names.get(formatReference(reference))
    return name && images.get(name.imageId)
  }
  // The digest decides; a name of the same repository must have led to it (docker ignores the tag here).
  for (const [key, name] of names.entries()) {
    const known = parseReference(key)
    const image =
      known.registry === registry && known.repository === repository ? images.get(name.imageId) : undefined
    if (image?.manifest.digest === digest) return image
  }
  return undefined
}

const byDigest = ({ images }: ImageTables, digest: Digest): ImageRecord | undefined => {
  const image = images.get(digest)
  if (image) return image
  for (const [, record] of images.entries()) if (record.manifest.digest === digest) return record
  return undefined
}

const byPrefix = ({ images }: ImageTables, prefix: string): ImageRecord | undefined => {
  const found: ImageRecord[] = []
  for (const [id, record] of images.entries()) if (id.startsWith(`sha256:${prefix}`)) found.push(record)
  if (found.length > 1) throw ambiguous(prefix, found.length)
  return found[0]
}

const ambiguous = (prefix: string, count: number): AppError =>
  new AppError('ambiguous-id', `find image ${prefix}: ${count} images have an id that starts so`, {
    exitCode: exitCode.usage,
    hint: 'give more digits of the id',
  })
