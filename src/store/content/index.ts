/** Blobs by digest: ingest, verify, open. In: bytes. Out: paths and whole blobs. Invariant: a visible blob is whole. */
export { createContentStore } from './content-store.ts'
export { ContentError, type ContentErrorCode, storeFailure } from './errors.ts'
export type { BlobInfo, ContentStore, Ingest } from './types.ts'
