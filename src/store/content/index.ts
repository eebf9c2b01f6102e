/** Blobs by digest: ingest, verify, open. */
export type { BlobInfo, ContentStore, Ingest } from './types.ts'
