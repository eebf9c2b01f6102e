/**
 * What tells that a file is the same as before. `ctimeMs` decides: the kernel sets it at every change of bytes or inode,
 * and no program can set it back. Times are milliseconds with a fraction, as doubles: exact to 0.25 microseconds, far
 * finer than what `isSettled` asks for, so the lost digits cannot hide a change.
 */
export interface FileStamp {
  readonly size: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly ino: number
  readonly dev: number
  readonly mode: number
}

/** One visible name of a directory. */
export interface CachedNode extends FileStamp {
  readonly name: string
  /** Lower-case hex sha256 of a file, when it was read. */
  readonly digest: string | undefined
  /** More than one hard link. */
  readonly linked: boolean
  /** Target of a symlink, `major:minor` of a device, else ''. */
  readonly rest: string
}

export const sameStamp = (a: FileStamp, b: FileStamp): boolean =>
  a.ctimeMs === b.ctimeMs &&
  a.size === b.size &&
  a.mtimeMs === b.mtimeMs &&
  a.ino === b.ino &&
  a.dev === b.dev &&
  a.mode === b.mode
