/** URLs of sources: text in, what to fetch out. Pure; knows what docker takes for a repository and what for a file. */
export { parseGitChecksum, parseGitRef } from './git-names.ts'
export { parseSourceUrl } from './parse-source-url.ts'
export { hostOf, shownUrl } from './shown-url.ts'
export type { GitUrl, HttpUrl, SourceUrl } from './types.ts'
