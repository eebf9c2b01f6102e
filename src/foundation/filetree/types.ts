import type { HostPath } from '../oci/index.ts'

export type EntryType = 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo' | 'socket'

/** One path of a tree of files, wherever the tree lies: a directory, a stack of layers, an archive. */
export interface TreeEntry {
  /** Relative to the tree's root, `/`-separated, cleaned, no leading or trailing slash; '' is the root. */
  readonly path: string
  readonly type: EntryType
  /** Permission bits with setuid, setgid and sticky: 0..0o7777. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes for files, 0 otherwise. */
  readonly size: number
  /** Whole seconds since the epoch, may be negative. */
  readonly mtime: number
  readonly mtimeNsec: number
  /** Target of a symlink, as written. */
  readonly linkName?: string
  readonly major?: number
  readonly minor?: number
  readonly xattrs?: ReadonlyMap<string, Uint8Array>
  /** Same value = same inode (hard links). Absent when the link count is 1. */
  readonly inode?: string
}

/** Bytes of one file. */
export type FileContent =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** A slice of a host file: a plain file (offset 0), or a member inside a tar. Opened O_NOFOLLOW | O_NONBLOCK and checked to be regular. */
  | {
      readonly kind: 'range'
      readonly path: HostPath
      readonly offset: number
      readonly size: number
    }

/** Gets to know the bytes of a file from whoever reads them for something else, so that they are read once. */
export interface ContentWitness {
  /** Lower-case hex sha256 of the bytes that were read, perhaps later. Throws when they are not what they should be. */
  read(digest: string): void
  /** The error for a file that cannot be read as it should. */
  refused(problem: ContentProblem): Error
  /** Gives the same once more: who waits for many files need keep no object for each, but a function for all and a number. */
  readonly again?: { readonly of: (file: number) => ContentWitness; readonly file: number }
}

export type ContentProblem =
  | { readonly kind: 'unreadable'; readonly errno: string }
  /** It ends early. Bytes. */
  | { readonly kind: 'short'; readonly expected: number; readonly found: number }
  | { readonly kind: 'not-a-file' }

/**
 * Read-only view of a tree. Symlinks are resolved inside the tree only: absolute targets start at the tree's root,
 * `..` stops there. All methods are synchronous; they throw typed errors for I/O failures, never for absence.
 */
export interface FileTree {
  /** `follow` resolves a symlink in the last component too (those before it are always resolved). The result has the resolved path. */
  lookup(path: string, options?: { readonly follow?: boolean }): TreeEntry | undefined
  /** Direct children of a directory (its real path), sorted by code unit. */
  children(path: string): readonly TreeEntry[]
  content(entry: TreeEntry): FileContent
  /** Lower-case hex sha256 of a file's bytes; remembered where the tree has a place for it. */
  contentDigest(entry: TreeEntry): string
  /** Absent where digests come otherwise. */
  readonly unread?: UnreadFiles
}

/** The files of a tree whose digests nobody has taken yet: whoever reads such a file for something else can tell the tree what was read. */
export interface UnreadFiles {
  has(file: TreeEntry): boolean
  witness(file: TreeEntry): ContentWitness
}
