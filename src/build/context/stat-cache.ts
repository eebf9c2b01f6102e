import type { HiddenNames, PackedNames } from './packed-names.ts'

/** One directory as a build found it. */
export interface CachedDirectory {
  /** Relative to the context. */
  readonly path: string
  readonly names: PackedNames
  readonly hidden: HiddenNames
  /** Whether names and stamps alone decide what is visible here: no ignored directory might show something below it. */
  readonly comparable: boolean
  /** `childrenDigestOf`, when the build asked for it. Holds as long as nothing at or below the directory has changed. */
  readonly treeDigest: string | undefined
}

/** What can be told of a remembered directory without decoding it. */
export interface CachedSummary extends Pick<CachedDirectory, 'comparable' | 'treeDigest'> {
  /** Place among the file's blocks, from 0. */
  readonly number: number
  readonly records: number
  readonly files: number
  readonly directories: number
}

/** What is remembered of one context, by directory. Nothing is decoded before it is asked for. */
export interface StatCache {
  /** Hex digest of the ignore rules that decided what is visible; '' for an empty cache. */
  readonly rules: string
  /** Hex, tells this state from all others. */
  readonly seal: string
  /** Those at and below a directory; all of them for none. */
  directories(at?: string): Iterable<string>
  summary(directory: string): CachedSummary | undefined
  /** Parts of the file's bytes. */
  directory(directory: string): CachedDirectory | undefined
  /** Hex digest of all that the block says of the directory's names, when it can be compared with the directory. */
  stamp(directory: string): string | undefined
  /** A copy of the directory's block, to be stored again as it is. */
  block(directory: string): Buffer | undefined
}

/**
 * Whether a stamp taken at or after `taken` (milliseconds) identifies the content: its ctime must be older by more than the
 * clock's grain, or a second change within the same tick would leave no trace ("racy git"). Kernel ticks are at most 10 ms;
 * a ctime of whole seconds speaks for a file system that keeps no more, up to 2 s.
 */
export const isSettled = (ctimeMs: number, taken: number): boolean =>
  ctimeMs + (ctimeMs % 1000 === 0 ? 2_100 : 50) < taken
