import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { type Digest, formatReference, hexOf, isDigest, parseReference } from '../../foundation/oci/index.ts'
import type { RecordTable } from '../records/index.ts'
import type { ImageRecord } from './records.ts'
import type { NameRecord } from './types.ts'

export interface ImageTables {
  readonly names: RecordTable<NameRecord>
  /** By digest of the manifest. */
  readonly images: RecordTable<ImageRecord>
}

/** The record that `text` means: a name first, then an id or the start of one, as docker does. */
export const resolveRecord = (tables: ImageTables, text: string): ImageRecord | undefined => {
  if (isDigest(text)) return byDigest(tables, text)
  if (/^[0-9a-f]{64}$/.test(text)) return byId(tables, text)
  const prefix = /^(?:sha256:)?([0-9a-f]{4,63})$/.exec(text)?.[1]
  return byName(tables, text) ?? (prefix === undefined ? undefined : byId(tables, prefix))
}

const byName = ({ names, images }: ImageTables, text: string): ImageRecord | undefined => {
  const reference = parseReference(text)
  const { digest, registry, repository } = reference
  if (digest === undefined) {
    const name = names.get(formatReference(reference))
    return name && images.get(name.manifest.digest)
  }
  // The digest decides; a name of the same repository must have led to it (docker ignores the tag here).
  for (const [key, name] of names.entries()) {
    const known = parseReference(key)
    if (name.manifest.digest === digest && known.registry === registry && known.repository === repository) {
      return images.get(digest)
    }
  }
  return undefined
}

const byDigest = (tables: ImageTables, digest: Digest): ImageRecord | undefined =>
  byId(tables, hexOf(digest)) ?? tables.images.get(digest)

/** Several manifests may have one config: the image named last is meant, then the one that came last. */
const byId = ({ names, images }: ImageTables, prefix: string): ImageRecord | undefined => {
  const found: ImageRecord[] = []
  for (const [, record] of images.entries()) if (hexOf(record.imageId).startsWith(prefix)) found.push(record)
  const ids = new Set(found.map((record) => record.imageId))
  if (ids.size > 1) throw ambiguous(prefix, ids.size)
  if (found.length < 2) return found[0]
  const tagged = new Map<Digest, number>()
  for (const [, name] of names.entries()) {
    tagged.set(name.manifest.digest, Math.max(tagged.get(name.manifest.digest) ?? 0, name.tagged))
  }
  const rank = (record: ImageRecord): number => tagged.get(record.manifest.digest) ?? -1
  return found.sort((a, b) => rank(b) - rank(a) || b.added - a.added)[0]
}

const ambiguous = (prefix: string, count: number): AppError =>
  new AppError('ambiguous-id', `find image ${prefix}: ${count} images have an id that starts so`, {
    exitCode: exitCode.usage,
    hint: 'give more digits of the id',
  })
