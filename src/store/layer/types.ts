import type { ContentWitness, FileContent } from '../../foundation/filetree/index.ts'
import type { DiffId, HostPath } from '../../foundation/oci/index.ts'
import type { Spool } from '../../foundation/sys/index.ts'
import type { IndexAddition, IndexEntry, LayerAddition, LayerEntry, LayerWhiteout } from './entry-types.ts'
import type { IndexRows } from './index-rows.ts'
import type { PatchPiece } from './patch-table.ts'

export type { IndexAddition, IndexEntry, LayerAddition, LayerEntry, LayerWhiteout }

/** Table of contents of one layer, stored beside it and read without unpacking anything. */
export interface LayerIndex {
  readonly count: number
  /** '' is the root, present only when the layer says something about it. */
  get(path: string): IndexEntry | undefined
  /** Direct children in code unit order, whiteouts included. */
  children(path: string): readonly IndexEntry[]
  /** What stands below `path`, in the order of `entries`. */
  below(path: string): Iterable<IndexEntry>
  /** All, parents before children, siblings in code unit order, depth first. */
  entries(): Iterable<IndexEntry>
  /** What it is made of. */
  readonly rows: IndexRows
}

export interface LayerTarResult {
  readonly diffId: DiffId
  /** Bytes of the tar. */
  readonly size: number
  /** In tree order, missing parents added as `implied`. Of a tar that was written they are made when asked for. */
  readonly index: readonly IndexEntry[]
  /** The same as an index file, of a tar that was written here. */
  readonly encoded?: EncodedIndex
}

/** An index file with what is known of the layer without opening it. `inode` of a file with several names is its first path. */
export interface EncodedIndex {
  /** All of it, made whenever it is asked for. */
  readonly bytes: Buffer
  /** The same one after another; each piece is valid until the next one is asked for. */
  pieces(): Iterable<Buffer>
  /** The root, if the layer says something about it. */
  readonly root: IndexAddition | undefined
  /** Some directories are there only because something lies in them. */
  readonly implied: boolean
}

/**
 * Writes a layer tar in canonical form: a pure function of the entries. Synchronous, one large buffer, hashing as it goes.
 * Entries come parents before children and siblings in code unit order (`byTreeOrder`); a violation throws `InternalError`.
 * A parent that is never added is allowed: the index lists it as `implied`, the tar does not.
 */
export interface LayerTarWriter extends LayerEntryWriter {
  finish(): LayerTarResult
}

/** The same, the bytes being read, hashed and written by the helper, beside this process and later than `add`. */
export interface PackedTarWriter extends LayerEntryWriter {
  /** Set while there is enough to do: wait for it, or memory grows. */
  busy(): Promise<void> | undefined
  /** `meanwhile` is called once, when the helper has been told everything and goes on by itself. */
  finish(meanwhile?: () => void): Promise<PackedTarResult>
  /** Instead of `finish`. */
  abort(): void
}

export interface LayerEntryWriter {
  /**
   * `content` for files with bytes of their own (not for hard links); its length must be `entry.size`.
   * The digest (hex sha256) is put in the index when the caller knows it; a witness gets to know it, and puts its own errors in the place
   * of those about this file. Sockets are left out, as docker does.
   * Throws `file-changed` when a file on disk is shorter than `entry.size` or no longer a regular file.
   */
  add(entry: LayerEntry, content?: FileContent, digest?: string | ContentWitness): void
  /** Members that stand one after another in another canonical tar. Their names have to fit in here as those of `add`. */
  addRun(run: TarRun): void
  /** Bytes of the tar so far. */
  position(): number
}

/** Consecutive members of a canonical tar. */
export interface TarRun {
  /** Their bytes, in order. */
  readonly parts: Iterable<TarPart>
  /** Byte of the tar at which the first one begins. */
  readonly start: number
  /** The same members are all that this index has below a directory, which was added last. */
  readonly index: LayerIndex
  readonly path: string
}

/** Bytes of a tar, in a file that nothing changes. */
export interface TarPart {
  readonly path: HostPath
  readonly offset: number
  readonly size: number
  /** It is the base of the patch that is written (`PackedTarResult`): its bytes are read, but stay there. */
  readonly stays?: boolean
}

/** With `pieces`, when parts stayed where they are, it is the patch's own bytes that were written. */
export interface PackedTarResult extends LayerTarResult {
  readonly pieces?: readonly PatchPiece[]
}

export interface LayerTarOptions {
  /** Compute the sha256 of each file that comes without one. Off by default: it hashes everything twice. */
  readonly contentDigests?: boolean
  /** Put before every name, such as `./`. Names of layers have nothing before them. */
  readonly prefix?: string
  /** Takes what the index of many files consists of; whoever gives it closes it when the index is written. */
  readonly spool?: Spool
}

/** Limits of what is read from a tar. A tar beyond them is refused with `bad-layer`. */
export interface TarLimits {
  /** Members, default 4 million. */
  readonly maxEntries?: number
  /** Bytes of a path or a link target, default 4095 (PATH_MAX without its NUL). */
  readonly maxPath?: number
  /** Bytes of one PAX header, default 1 MiB. */
  readonly maxPax?: number
}

/** One member of a layer tar, its name parsed by the rules of image-spec layer.md; paths are clean and inside the root. */
export type TarMember =
  | { readonly kind: 'whiteout'; readonly path: string }
  /** `.wh..wh..opq` in the directory `path`. */
  | { readonly kind: 'opaque'; readonly path: string }
  | {
      readonly kind: 'add'
      /** A hard link has `hardlink` and the type `file`, whatever its target is. Symlinks are not resolved. */
      readonly entry: LayerAddition
      /** Where the content starts in the tar. */
      readonly offset: number
    }

export interface TarVisitor {
  member(member: TarMember): void
  /** Bytes of the last file member, in order. The buffer is reused: keep a copy, not the view. Absent: content is skipped. */
  content?(chunk: Uint8Array): void
  /** The last file member is complete. */
  contentEnd?(): void
}

/** Push parser: takes a tar in pieces of any size. */
export interface TarParser {
  push(chunk: Uint8Array): void
  /** The end mark has been read: nothing that follows matters. */
  isAtEnd(): boolean
  /** Content bytes still to come that nobody wants: a reader of a file may jump over them and call `skip`. */
  skippable(): number
  skip(bytes: number): void
  /** Throws `bad-layer` when the tar ends in the middle of something. */
  end(): void
}

export type Compression = 'none' | 'gzip' | 'bzip2' | 'xz' | 'zstd'

export interface DecompressOptions {
  /** Bytes of output; more throws `layer-too-large`. No limit by default. */
  readonly maxOutput?: number
  /** Output bytes per input byte once the output is over 64 MiB; more throws `layer-too-large`. The default depends on the compression: more than honest data reaches. */
  readonly maxRatio?: number
  readonly signal?: AbortSignal
}

export interface IndexTarOptions extends TarLimits {
  /** Compute the sha256 of each file. */
  readonly contentDigests?: boolean
}

export interface IndexBlobOptions extends IndexTarOptions, DecompressOptions {
  /** Gets the uncompressed tar while it is read. A chunk is the reader's: use it before returning. */
  readonly tar?: (chunk: Uint8Array) => void
}

export interface ApplyOptions extends IndexTarOptions {
  /** Leave owners as they are created (for file systems and users that cannot chown). Default false. */
  readonly ignoreOwner?: boolean
  /** Runs of zeros become holes. Default false: they take a look at every byte. */
  readonly sparse?: boolean
  /** Namespace of the opaque mark: `user` for overlays mounted with `userxattr`. Default `trusted`. */
  readonly overlayXattrs?: 'trusted' | 'user'
}
