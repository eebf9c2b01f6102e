/** Fetching: files by http(s), commits by git. In: what is wanted, an environment. Out: files in a staging directory. */
export { RemoteError, type RemoteErrorCode } from './errors.ts'
export {
  commitTime,
  fetchGit,
  type GitCommit,
  type GitSource,
  type GitTree,
  resolveGit,
} from './git/fetch-git.ts'
export { type FetchedUrl, type FetchUrlRequest, fetchUrl, type UrlRecord } from './http/fetch-url.ts'
export { type StagedFile, stageFile } from './http/staged-file.ts'
export { parseUrlRecord, urlKey } from './http/url-records.ts'
export type { FetchOptions, FetchProgress, RemoteEnvironment, SshIdentity } from './types.ts'
