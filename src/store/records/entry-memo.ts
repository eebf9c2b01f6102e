import { statSync } from 'node:fs'
import type { HostPath } from '../../foundation/oci/index.ts'

/** Remembers what was read from files, as long as they are the same files, unchanged. */
export interface EntryMemo<E> {
  /** What `read` gave when the file was as it is now, else what it gives now; undefined is not remembered. */
  get(path: HostPath, read: () => E | undefined): E | undefined
  /** Has something been remembered of the path, perhaps of an earlier file? */
  has(path: HostPath): boolean
}

/**
 * Milliseconds after which a file can be told from one that takes its place: the kernel's clock for files goes in steps, and an inode
 * may be given away again.
 */
const tellable = 1000

/** For commands that look through the same table again and again: a look at a file takes a fifth of the time of reading it. */
export const createEntryMemo = <E>(now: () => number = Date.now): EntryMemo<E> => {
  const known = new Map<HostPath, { readonly ino: number; readonly ctimeMs: number; readonly entry: E }>()
  return {
    has: (path) => known.has(path),
    get(path, read) {
      const found = statSync(path, { throwIfNoEntry: false })
      const before = known.get(path)
      if (found && before?.ino === found.ino && before.ctimeMs === found.ctimeMs) return before.entry
      const entry = read()
      if (found && entry !== undefined && now() - found.ctimeMs > tellable)
        known.set(path, { ino: found.ino, ctimeMs: found.ctimeMs, entry })
      return entry
    },
  }
}
