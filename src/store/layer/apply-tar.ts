import { createHasher, digestFrom, type HostPath, parseDiffId } from '../../foundation/oci/index.ts'
import { decompress, decompressChunks } from './decompress.ts'
import { createLayerTable, type Placed } from './layer-table.ts'
import { followFile, pushFile } from './tar-file.ts'
import { createTarParser } from './tar-parser.ts'
import type {
  ApplyOptions,
  DecompressOptions,
  IndexBlobOptions,
  IndexEntry,
  IndexTarOptions,
  LayerTarResult,
  TarParser,
  TarVisitor,
} from './types.ts'
import { createUnpacker } from './unpack.ts'

/** Unpacks an uncompressed layer tar into an empty directory as an overlay lowerdir; its index. Throws `bad-layer`, `layer-io`. */
export const applyTar = (
  tar: HostPath,
  directory: HostPath,
  options: ApplyOptions = {},
): readonly IndexEntry[] => {
  const unpacker = createUnpacker(directory, options)
  try {
    pushFile(tar, unpacker.parser)
    return unpacker.finish()
  } finally {
    unpacker.abort()
  }
}

/** The same for a blob in any compression (told by its first bytes). DiffId and size are those of the uncompressed tar. */
export const applyBlob = async (
  blob: HostPath,
  directory: HostPath,
  options: ApplyOptions & DecompressOptions = {},
): Promise<LayerTarResult> => {
  const unpacker = createUnpacker(directory, options)
  try {
    const read = await pushChunks(decompress(blob, options), unpacker.parser)
    return { ...read, index: unpacker.finish() }
  } finally {
    unpacker.abort()
  }
}

/** Index of an uncompressed tar, offsets included, without unpacking. Contents are jumped over unless digests are wanted. */
export const decompressedIndexOf = (tar: HostPath, options: IndexTarOptions = {}): readonly IndexEntry[] => {
  const { visitor, entries } = createIndexer(options)
  pushFile(tar, createTarParser(visitor, options))
  return entries()
}

/** Index of a tar that is still being written. Offsets are in it, contents are jumped over. */
export interface GrowingIndex extends Disposable {
  /** Takes in what comes before byte `size`. Throws `bad-layer`, and errors of the file system. */
  upTo(size: number): void
  /** The whole, when it has `size` bytes. */
  finish(size: number): readonly IndexEntry[]
}

/** Opens a tar to make its index while it grows. Throws `layer-io`. */
export const openGrowingIndex = (tar: HostPath): GrowingIndex => {
  const { visitor, entries } = createIndexer({})
  const parser = createTarParser(visitor)
  const { upTo, [Symbol.dispose]: close } = followFile(tar, parser)
  return {
    upTo,
    finish(size) {
      upTo(size)
      parser.end()
      return entries()
    },
    [Symbol.dispose]: close,
  }
}

/** Index, DiffId and uncompressed size of a blob in any compression, without unpacking. */
export const indexBlob = async (blob: HostPath, options: IndexBlobOptions = {}): Promise<LayerTarResult> =>
  indexTar(decompress(blob, options), options)

/** The same for a blob whose bytes are still coming. */
export const indexChunks = async (
  chunks: AsyncIterable<Uint8Array>,
  options: IndexBlobOptions = {},
): Promise<LayerTarResult> => indexTar(decompressChunks(chunks, options), options)

const indexTar = async (
  chunks: AsyncIterable<Uint8Array>,
  options: IndexBlobOptions,
): Promise<LayerTarResult> => {
  const { visitor, entries } = createIndexer(options)
  const read = await pushChunks(chunks, createTarParser(visitor, options), options.tar)
  return { ...read, index: entries() }
}

const pushChunks = async (
  chunks: AsyncIterable<Uint8Array>,
  parser: TarParser,
  tar?: (chunk: Uint8Array) => void,
): Promise<Pick<LayerTarResult, 'diffId' | 'size'>> => {
  const hasher = createHasher()
  let size = 0
  for await (const chunk of chunks) {
    hasher.update(chunk)
    parser.push(chunk)
    tar?.(chunk)
    size += chunk.length
  }
  parser.end()
  return { diffId: parseDiffId(digestFrom(hasher)), size }
}

interface Indexer {
  readonly visitor: TarVisitor
  entries(): readonly IndexEntry[]
}

const createIndexer = (options: IndexTarOptions): Indexer => {
  const table = createLayerTable()
  let current: Placed | undefined
  let hasher = createHasher()
  const member: TarVisitor['member'] = (found) => {
    current = table.place(found)
  }
  if (!options.contentDigests) return { visitor: { member }, entries: table.entries }
  const visitor: TarVisitor = {
    member,
    content: (chunk) => {
      hasher.update(chunk)
    },
    contentEnd: () => {
      if (current) current.inode.entry = { ...current.inode.entry, contentDigest: hasher.digest('hex') }
      hasher = createHasher()
    },
  }
  return { visitor, entries: table.entries }
}
