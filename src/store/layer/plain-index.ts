import type { IndexRows } from './index-rows.ts'

/**
 * Is there nothing in the layer that the helper leaves to the writers of tars (native/plain_tree.h)? Not all that it refuses is seen
 * here, but what layers of distributions often have: hard links, attributes, names that are not ASCII.
 */
export const isPlainIndex = (rows: IndexRows): boolean => {
  for (let row = 0; row < rows.rowCount; row++)
    if (rows.has(row, 'inode') || rows.has(row, 'hardlink') || rows.has(row, 'xattrs')) return false
  return rows.names.every((byte) => byte < 0x80)
}
