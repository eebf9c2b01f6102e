import { join } from 'node:path'
import { InternalError } from '../../foundation/errors/index.ts'
import { type Descriptor, type DiffId, type Digest, parseDescriptor } from '../../foundation/oci/index.ts'
import type { ContentStore } from '../content/index.ts'
import { createRecordTable } from '../records/index.ts'
import type { StorePaths } from './store-paths.ts'

/** A compressed blob that unpacks to a layer. */
export interface CompressedForm {
  readonly blob: Descriptor
  /** `formName` of the compression, where this store made the blob; absent when the layer came so. */
  readonly form?: string
}

/**
 * Which compressed blobs unpack to which layer: what was pushed once is not compressed again, and what was pulled is pushed as it
 * was. Records stand under the DiffId. Of two processes that add at the same moment one may be forgotten: then its blob is pruned
 * and made again.
 */
export interface CompressedForms {
  /** Those whose blobs are whole. */
  of(diffId: DiffId): readonly CompressedForm[]
  /** The same of all layers that have one. */
  all(): ReadonlyMap<string, readonly CompressedForm[]>
  add(diffId: DiffId, form: CompressedForm): void
  /** Forgets the forms of layers that are not kept; the blobs of those that are. */
  prune(isKept: (diffId: string) => boolean): ReadonlySet<Digest>
}

export const createCompressedForms = (paths: StorePaths, content: ContentStore): CompressedForms => {
  const table = createRecordTable(join(paths.root, 'records/compressed'), parseCompressedForms)
  const isWhole = ({ blob }: CompressedForm): boolean => content.stat(blob.digest)?.size === blob.size
  const of = (diffId: DiffId): readonly CompressedForm[] => (table.get(diffId) ?? []).filter(isWhole)
  return {
    of,
    all: () => new Map([...table.entries()].map(([diffId, forms]) => [diffId, forms.filter(isWhole)])),
    add(diffId, { blob: { mediaType, digest, size }, form }) {
      const others = of(diffId).filter((known) => known.blob.digest !== digest || known.form !== form)
      table.put(diffId, [
        ...others,
        { blob: { mediaType, digest, size }, ...(form === undefined ? {} : { form }) },
      ])
    },
    prune(isKept) {
      const blobs = new Set<Digest>()
      for (const [diffId, forms] of [...table.entries()]) {
        const whole = isKept(diffId) ? forms.filter(isWhole) : []
        if (whole.length === 0) table.remove(diffId)
        for (const { blob } of whole) blobs.add(blob.digest)
      }
      return blobs
    },
  }
}

/** Throws when `value` is not a record of this version. */
export const parseCompressedForms = (value: unknown): readonly CompressedForm[] => {
  if (!Array.isArray(value)) throw new InternalError('record of compressed forms is no list')
  return value.map((item: unknown): CompressedForm => {
    if (typeof item !== 'object' || item === null || !('blob' in item))
      throw new InternalError('record of a compressed form without blob')
    const blob = parseDescriptor('compressed form', item.blob)
    return 'form' in item && typeof item.form === 'string' ? { blob, form: item.form } : { blob }
  })
}
