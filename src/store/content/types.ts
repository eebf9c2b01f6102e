import type { Digest, HostPath } from '../../foundation/oci/index.ts'

export interface BlobInfo {
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
}

/** One blob on its way in. Nothing is visible under its digest before `commit`. Writes are synchronous and hashed as they come. */
export interface Ingest {
  write(chunk: Uint8Array): void
  /**
   * Makes the blob visible under its digest. Throws `digest-mismatch` or `size-mismatch` and drops the bytes when
   * `expected` differs. A blob that exists already is success.
   */
  commit(expected?: { readonly digest?: Digest; readonly size?: number }): BlobInfo
  abort(): void
  /**
   * Of an ingest that is hashed elsewhere: the descriptor, for who writes there instead of by `write`. It is open until `commit` or
   * `abort`, and `commit` looks how large the file has become.
   */
  descriptor(): number
  /** Of the same, instead of `commit`: moves the file to `path`, on the store's file system, read-only. It is no blob then. */
  keepAs(path: HostPath): void
}

/**
 * Blobs by digest. A blob is whole and right or absent: bytes are written to `ingest/`, hashed on the way,
 * and renamed. Removal is a rename to the trash. Readers need no lock.
 */
export interface ContentStore {
  /**
   * `hashed`: the caller hashes the same bytes itself and gives digest and size to `commit`, which believes them;
   * for writers that need the digest anyway, since hashing twice costs as much as writing.
   */
  ingest(options?: { readonly hashed?: boolean }): Ingest
  /**
   * Moves a file of the store's file system in as a blob, whose digest the caller has checked. One that exists already is success: the
   * file is removed. Throws `size-mismatch`, `store-io`.
   */
  take(file: HostPath, blob: BlobInfo): BlobInfo
  /** Small blobs in one call. */
  put(bytes: Uint8Array | string): BlobInfo
  stat(digest: Digest): BlobInfo | undefined
  /** Where the bytes lie, for readers that need random access; throws `blob-not-found`. */
  pathOf(digest: Digest): HostPath
  /** The whole blob, its digest checked; for manifests and configs. Throws `blob-not-found`, `blob-corrupt`, `blob-too-large` (over `limit`, 8 MiB by default). */
  read(digest: Digest, limit?: number): Buffer
  remove(digest: Digest): void
  /** When somebody brought or found it last: milliseconds since the epoch. Undefined when it is not there. */
  usedAt(digest: Digest): number | undefined
  list(): Iterable<BlobInfo>
  /** The digests of all blobs as of now: one look at the directory, none at the blobs. */
  digests(): ReadonlySet<Digest>
  /** Which of many blobs are there as of now, by the same look. */
  present(): (digest: Digest) => boolean
}
