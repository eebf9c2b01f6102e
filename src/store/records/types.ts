import type { HostPath } from '../../foundation/oci/index.ts'

export interface RecordTableOptions {
  /**
   * Directory in which the entries of tables are written down together, for verbs that only show them. Read one by one when absent, as
   * whoever decides by them what to remove has to.
   */
  readonly lists?: HostPath
}

/**
 * A table of small JSON records, one file each, replaced atomically. No lock is needed to read; a writer replaces the
 * whole record. Keys are any string. A file that does not parse is treated as absent (it can be rebuilt).
 */
export interface RecordTable<T> {
  get(key: string): T | undefined
  put(key: string, value: T): void
  /**
   * The same, and the record is on the disk when it returns. A record of the same value that is known to be there is left
   * alone: that costs a look, not a write.
   */
  putDurable(key: string, value: T): void
  /** Remembers that somebody has used the record now. Says nothing where it cannot. */
  touch(key: string): void
  /** When it was written or touched last, milliseconds since the epoch. Undefined when it is not there. */
  usedAt(key: string): number | undefined
  /** Remembers that the record is on the disk: the caller has synced the file system since it was put. */
  settle(key: string): void
  /** Is the record known to be on the disk? False for one that is not there. */
  isSettled(key: string): boolean
  /** False when the key exists already (link(2), so one of several processes wins). */
  add(key: string, value: T): boolean
  remove(key: string): void
  entries(): Iterable<readonly [key: string, value: T]>
  /** Which of many keys have a record as of now: one look at the directory, none at the records. */
  present(): (key: string) => boolean
}
