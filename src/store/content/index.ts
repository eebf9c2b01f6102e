/** Blobs by digest: ingest, verify, open. In: bytes. Out: paths and whole blobs. Invariant: a visible blob is whole. */
export { createContentStore } from './content-store.ts'
export { ContentError, type ContentErrorCode, storeFailure } from './errors.ts'
export { isReadOnly } from './read-only.ts'
export type { BlobInfo, ContentStore, Ingest } from './types.ts'
export { isOwnMark, markDirectory, markVolatile } from './volatile-mark.ts'

/** Looking for blobs that are not what their names say. Loaded when asked for. */
export const contentChecks = (): Promise<typeof import('./check-blobs.ts')> => import('./check-blobs.ts')
