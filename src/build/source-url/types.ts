/** What a word of a Dockerfile or of a command line names, when it may be a URL. */
export type SourceUrl =
  | GitUrl
  | HttpUrl
  /** A path, an image, or anything else: no URL that this program fetches. */
  | { readonly kind: 'other' }
  /** Clearly a URL to fetch, with a mistake in it. `message` is verb-first, lower case, and shows no credentials. */
  | { readonly kind: 'bad'; readonly message: string; readonly hint?: string }

export interface HttpUrl {
  readonly kind: 'http'
  /** As written, without its fragment. May hold credentials: show it with `shownUrl` only. */
  readonly url: string
  /** Last part of the path, percent-decoded; absent when the path ends with a slash. */
  readonly filename?: string
}

export interface GitUrl {
  readonly kind: 'git'
  /** What git is given: a URL without query and fragment, or `user@host:path`. May hold credentials. */
  readonly remote: string
  /** Last part of the path without `.git`. */
  readonly shortName: string
  /** Branch, tag, commit, or a name that starts with `refs/`. Checked: no option, no refspec. */
  readonly ref?: string
  /** Clean, relative, never outside. */
  readonly subdir?: string
  /** Commit id that must be found: 7 to 64 hex digits, lower case. */
  readonly checksum?: string
  readonly keepGitDir?: boolean
  readonly submodules?: boolean
  /** Times of the files: of the commit, or of the moment they are written (default). */
  readonly mtime?: 'commit' | 'checkout'
  /** `github.com/...`: could as well be a path. A repository only as a build context, and only if there is no such directory. */
  readonly ambiguous: boolean
}
