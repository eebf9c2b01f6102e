import type { HostPath } from '../../../foundation/oci/index.ts'
import { textLines } from '../text-lines.ts'
import type { Stamp, StampedEntry } from './tree-diff.ts'

/** By the stamp that making a mount point gave an inode: the one that it had before, or `isNew`. */
export type Notes = ReadonlyMap<Stamp, Stamp>

const isNew = '-'

/** What the helper noted (`RootMount.stubs`). A line that is torn is left out: then a mount point counts as a change. */
export const readNotes = (file: HostPath): Notes => {
  const notes = new Map<Stamp, Stamp>()
  for (const line of textLines(file)) {
    const [, before, after] = /^(-|\d+:-?\d+) (\d+:-?\d+)$/.exec(line) ?? []
    if (before !== undefined && after !== undefined) notes.set(after, before)
  }
  return notes
}

/**
 * The tree as it would be had no mount points been made: those that nobody has touched since are not there. A directory that was
 * made for them and then got something else counts as one that was there.
 */
export const withoutNoted = (entries: readonly StampedEntry[], notes: Notes): readonly StampedEntry[] => {
  if (notes.size === 0) return entries
  const made = new Set([...notes].flatMap(([after, before]) => (before === isNew ? [inodeOf(after)] : [])))
  return entries.flatMap(({ entry, stamp, identity }) => {
    const before = stampBefore(stamp, notes)
    if (before === isNew) return []
    const own = identity === undefined || made.has(inodeOf(stamp)) ? {} : { identity }
    return [{ entry, stamp: before, ...own }]
  })
}

const inodeOf = (stamp: Stamp): string => stamp.slice(0, stamp.indexOf(':'))

/** Several mount points may have been made in one directory. */
const stampBefore = (stamp: Stamp, notes: Notes): Stamp => {
  const seen = new Set<Stamp>()
  let found = stamp
  for (let next = notes.get(found); next !== undefined && !seen.has(next); next = notes.get(found)) {
    seen.add(next)
    found = next
  }
  return found
}
