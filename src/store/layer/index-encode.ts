import { createIndexBuilder, type IndexBuilderOptions } from './index-builder.ts'
import type { IndexEntry } from './types.ts'

/** Entries in tree order -> bytes of an index file (see index-format). Missing parents are added as implied. */
export const encodeIndex = (entries: Iterable<IndexEntry>, options: IndexBuilderOptions = {}): Buffer => {
  const builder = createIndexBuilder(options)
  for (const entry of entries) builder.add(entry)
  return builder.encode().bytes
}
