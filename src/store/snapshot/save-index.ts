import type { HostPath } from '../../foundation/oci/index.ts'
import { type IndexEntry, writeIndex } from '../layer/index.ts'

/** Writes a layer's index the way this room wants it: see `markLinks`. */
export const saveIndex = (path: HostPath, entries: readonly IndexEntry[]): void =>
  writeIndex(path, markLinks(entries))

/**
 * `inode` of a file with several names becomes its first path, of others it goes. So one entry tells whether there are
 * more names, and nobody has to search the index for links to it.
 */
export const markLinks = (entries: readonly IndexEntry[]): readonly IndexEntry[] => {
  const targets = new Set<string>()
  for (const entry of entries) {
    if (entry.kind === 'add' && entry.hardlink !== undefined) targets.add(entry.hardlink)
  }
  return entries.map((entry) => {
    if (entry.kind === 'whiteout') return entry
    const first = entry.hardlink ?? (targets.has(entry.path) ? entry.path : undefined)
    // Nearly all entries: nothing is copied for them.
    if (first === entry.inode) return entry
    const { inode: _, ...plain } = entry
    return first === undefined ? plain : { ...plain, inode: first }
  })
}
