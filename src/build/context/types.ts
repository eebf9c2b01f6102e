import type { ContentWitness, FileTree, TreeEntry } from '../../foundation/filetree/index.ts'
import type { LookedAt } from './looked-at.ts'

/** Where an ignore rule stands. */
export interface IgnoredBy {
  readonly file: string
  /** 1-based. */
  readonly line: number
  /** As written. */
  readonly pattern: string
}

export interface FileCount {
  readonly files: number
  /** Those without a digest, and their bytes. */
  readonly cold: number
  readonly coldBytes: number
}

/**
 * The files a build may copy. What the ignore file excludes is absent; uid and gid are 0; sockets are empty files.
 * Symlinks are resolved inside the context only.
 */
export interface BuildContext extends FileTree {
  /** Regular files at and below an entry, and how many of them have no digest yet. */
  countFiles(entry: TreeEntry): FileCount
  /** `childrenDigestOf` of a directory, without looking at files that are known not to have changed. */
  childrenDigest(directory: TreeEntry): string
  /** The rule that keeps `path` (or a directory above it) out, whether or not the path exists. */
  whyIgnored(path: string): IgnoredBy | undefined
  /**
   * sha256 (lower-case hex) of what lies at `path`: names, types, modes, owners, link targets and contents, never
   * times. Equal trees have equal digests, wherever they lie. Throws `no-such-file`.
   */
  treeDigest(path: string): string
  /** The entry at `path` and everything below it, parents first, siblings in code unit order. Symlinks are not followed. */
  walk(path: string): Iterable<TreeEntry>
  /**
   * For who reads a file's `content`: proves that its bytes are those of `contentDigest`, or makes them so when it has none yet.
   * Throws `context-changed` when they are not; its errors are `context-changed` and `context-unreadable`.
   */
  witness(entry: TreeEntry): ContentWitness
  /** Throws `context-changed` when the file's bytes are no longer those of `contentDigest`. */
  assertUnchanged(entry: TreeEntry): void
  /** Layers that were made of this context; undefined where nothing is remembered. */
  readonly layersMade?: LayersMade
  /**
   * All that decides what was read here besides the ignore rules, remembered if it was not yet: to be asked when nothing more is read.
   * Undefined when it cannot be remembered.
   */
  lookedAt(): LookedAt | undefined
  /** Remembers digests for the next build. Never throws: a cache that cannot be written is done without. */
  save(): void
  /**
   * The same for who has nothing else to do while a layer is made of this context: `save` has the less to do then. Nothing where files
   * are still being read.
   */
  saveAhead(): void
}

/** Where something stands in a layer's tar, in bytes. */
export interface TarPlace {
  readonly start: number
  readonly end: number
}

/** What of an earlier layer is still what the context would give. */
export interface EarlierLayer {
  /** As it was given to `remember`. */
  readonly layer: string
  /** All that is below a directory, when nothing there has changed since, not even a time. */
  unchanged(directory: string): TarPlace | undefined
  /** All directories at and below an unchanged one. */
  below(directory: string): Iterable<readonly [directory: string, place: TarPlace]>
}

/** Layers made of a context, by what was done to make them: `key` has to tell everything but the context itself. */
export interface LayersMade {
  find(key: string): EarlierLayer | undefined
  /** `places`: directories of the context, and where all that is below them stands in the tar. Written down by `save`. */
  remember(key: string, layer: string, places: ReadonlyMap<string, TarPlace>): void
}
