import { closeSync, createReadStream, fstatSync, readSync } from 'node:fs'
import { pipeline, Readable, type Transform } from 'node:stream'
import zlib from 'node:zlib'
import { AppError, errnoOf } from '../../foundation/errors/index.ts'
import type { FileContent } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { openRegular } from './content-source.ts'
import { badLayer, LayerError, layerIo } from './layer-error.ts'
import type { Compression, DecompressOptions } from './types.ts'

const chunkSize = 256 * 1024
/** Below this much output the ratio means nothing. */
const ratioFloor = 64 * 1024 * 1024
/** Output per input byte. bzip2 and zstd can say "the same for a whole block" in a few bytes, which empty files are full of. */
const maxRatios: Readonly<Record<Compression, number>> = {
  none: 1,
  gzip: 2000,
  xz: 20_000,
  bzip2: 50_000,
  zstd: 50_000,
}

/** The most that so many bytes may unpack to. */
export const mostOutput = (compression: Compression, size: number): number =>
  Math.max(ratioFloor, maxRatios[compression] * size)

/** Bytes at the start that tell the compression. */
export const magicSize = 6

/** Told by the first `magicSize` bytes: gzip (RFC 1952), bzip2, xz, zstd (RFC 8878, skippable frames too), else none. */
export const detectCompression = (start: Uint8Array): Compression => {
  const [a, b, c, d] = start
  if (a === 0x1f && b === 0x8b) return 'gzip'
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd'
  if (a !== undefined && (a & 0xf0) === 0x50 && b === 0x2a && c === 0x4d && d === 0x18) return 'zstd'
  if (a === 0x42 && b === 0x5a && c === 0x68) return 'bzip2'
  if (a === 0xfd && b === 0x37 && c === 0x7a && d === 0x58 && start[4] === 0x5a && start[5] === 0) return 'xz'
  return 'none'
}

/**
 * Uncompressed bytes of a file (by its path, or a slice of one), whatever its compression. A link in its place is not followed.
 * Throws as `decompressChunks`, and `file-changed` for what is no regular file.
 */
export async function* decompress(
  source: HostPath | FileContent,
  options: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  if (typeof source === 'object' && source.kind === 'bytes') {
    yield* decompressChunks(Readable.from([source.bytes], { objectMode: true }), options)
    return
  }
  const path = typeof source === 'string' ? source : source.path
  const fd = openRegular(path)
  const { offset, size } = typeof source === 'string' ? { offset: 0, size: fstatSync(fd).size } : source
  if (size === 0) {
    closeSync(fd)
    return
  }
  const input = createReadStream('', { fd, start: offset, end: offset + size - 1, highWaterMark: chunkSize })
  try {
    yield* decompressChunks(input, options)
  } finally {
    input.destroy()
  }
}

/** The first bytes of a file, for `detectCompression`. Throws `layer-io`, `file-changed`. */
export const startOf = (source: HostPath | FileContent): Uint8Array => {
  if (typeof source === 'object' && source.kind === 'bytes') return source.bytes.subarray(0, magicSize)
  const { path, offset, size } =
    typeof source === 'string' ? { path: source, offset: 0, size: magicSize } : source
  const fd = openRegular(path)
  try {
    const start = Buffer.alloc(Math.min(magicSize, size))
    return start.subarray(0, readSync(fd, start, 0, start.length, offset))
  } finally {
    closeSync(fd)
  }
}

/**
 * The same for bytes that come from anywhere, compression told by their start. Throws `bad-layer` for damaged data and
 * `layer-too-large` beyond the limits. Memory use does not depend on the data (64 MiB for the dictionaries of `xz -9`,
 * 128 MiB for those of `zstd --long`, else a few MiB). A chunk is the reader's to keep.
 */
export async function* decompressChunks(
  chunks: AsyncIterable<Uint8Array>,
  options: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { compression, rest } = await peekCompression(chunks)
  const maxRatio = options.maxRatio ?? maxRatios[compression]
  const counted = count(rest)
  let total = 0
  try {
    const output = await decoders[compression](counted.chunks)
    for await (const bytes of output) {
      options.signal?.throwIfAborted()
      total += bytes.length
      if (options.maxOutput !== undefined && total > options.maxOutput)
        throw tooLarge(`more than ${options.maxOutput} bytes`)
      if (total > ratioFloor && total > maxRatio * counted.size())
        throw tooLarge(`more than ${maxRatio} bytes out of one`)
      yield bytes
    }
  } catch (error) {
    throw readable(error)
  }
}

type Decoder = (
  chunks: AsyncIterable<Uint8Array>,
) => Promise<AsyncIterable<Uint8Array>> | AsyncIterable<Uint8Array>

/** Those that few builds need are loaded when they are called for. */
const decoders: Readonly<Record<Compression, Decoder>> = {
  none: (chunks) => chunks,
  gzip: (chunks) => through(zlib.createGunzip({ chunkSize }), chunks),
  bzip2: async (chunks) => (await import('./decode-bzip2.ts')).decodeBzip2(chunks),
  xz: async (chunks) => (await import('./decode-xz.ts')).decodeXz(chunks),
  zstd: async (chunks) => {
    // In Node from 22.15 on; older type declarations do not know it.
    const create: unknown = Reflect.get(zlib, 'createZstdDecompress')
    const { decodeZstd } = await import('./decode-zstd.ts')
    return typeof create === 'function'
      ? decodeZstd(chunks, (frame) => through(create({ chunkSize }), frame))
      : decodeZstd(chunks)
  },
}

const through = (transform: Transform, chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> =>
  // The error reaches the reader of the result, so the callback has nothing to do.
  pipeline(Readable.from(chunks, { objectMode: true }), transform, () => {})

const count = (
  chunks: AsyncIterable<Uint8Array>,
): { readonly chunks: AsyncIterable<Uint8Array>; readonly size: () => number } => {
  let size = 0
  const counted = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of chunks) {
      size += chunk.length
      yield chunk
    }
  }
  return { chunks: counted(), size: () => size }
}

/** Looks at the first bytes, and gives everything with them. Throws as `decompressChunks`. */
export const peekCompression = async (
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly compression: Compression; readonly rest: AsyncIterable<Uint8Array> }> => {
  const iterator = chunks[Symbol.asyncIterator]()
  let head: Uint8Array = new Uint8Array()
  while (head.length < magicSize) {
    const next = await nextOf(iterator)
    if (next === undefined) break
    head = head.length === 0 ? next : Buffer.concat([head, next])
  }
  const rest = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    if (head.length > 0) yield head
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return { compression: detectCompression(head), rest: rest() }
}

const nextOf = async (iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> => {
  try {
    const next = await iterator.next()
    return next.done === true ? undefined : next.value
  } catch (error) {
    throw readable(error)
  }
}

export const tooLarge = (found: string): LayerError =>
  new LayerError('layer-too-large', `decompress layer: expected no ${found}`, {
    hint: 'the archive may be a decompression bomb',
  })

const readable = (error: unknown): unknown => {
  if (error instanceof AppError || (error instanceof Error && error.name === 'AbortError')) return error
  const code = errnoOf(error) ?? ''
  return /^(Z_|ZSTD_|ERR_ZLIB)/.test(code)
    ? badLayer(`compressed data is damaged (${code})`, { cause: error })
    : layerIo('read layer', error)
}
