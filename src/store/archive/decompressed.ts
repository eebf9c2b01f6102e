import { pipeline, Readable, type Transform } from 'node:stream'
import zlib from 'node:zlib'
import { detectCompression } from '../layer/index.ts'
import { ArchiveError, badArchive } from './errors.ts'

/** Output bytes per input byte, once the output is large: more is a decompression bomb (gzip cannot reach it). */
const maxRatio = 2000
const ratioFrom = 64 << 20
const chunkSize = 1 << 18

/** The bytes behind gzip or zstd, told by magic, or the bytes as they are. Throws `unsupported-archive` for other compressions. */
export async function* decompressed(
  chunks: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const { head, rest } = await startOf(chunks, 6)
  const other = otherCompressions.find(({ magic }) => startsWith(head, magic))
  if (other) throw unsupported(other.name)
  const compression = detectCompression(head)
  if (compression === 'none') yield* rest
  else yield* through(decoder(compression), rest, signal)
}

const otherCompressions = [
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68] },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
] as const

const decoder = (compression: 'gzip' | 'zstd'): Transform => {
  if (compression === 'gzip') return zlib.createGunzip({ chunkSize })
  // In Node from 22.15 on; older type declarations do not know it.
  const create: unknown = Reflect.get(zlib, 'createZstdDecompress')
  if (typeof create === 'function') return create({ chunkSize })
  throw unsupported('zstd')
}

const unsupported = (name: string): ArchiveError =>
  new ArchiveError('unsupported-archive', `read archive: it is compressed with ${name}`, {
    hint: `decompress it first: ${name} -dc FILE, and pipe it in`,
  })

async function* through(
  transform: Transform,
  chunks: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  let taken = 0
  const counted = async function* (): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of chunks) {
      taken += chunk.length
      yield chunk
    }
  }
  // The error reaches the reader of `output` below, so the callback has nothing to do.
  const output = pipeline(Readable.from(counted(), { objectMode: true }), transform, () => {})
  let given = 0
  for await (const piece of output) {
    const chunk: Uint8Array = piece
    signal?.throwIfAborted()
    given += chunk.length
    if (given > ratioFrom && given > taken * maxRatio) throw badArchive('it decompresses without end')
    yield chunk
  }
}

/** The first `count` bytes (fewer at the end) and an iterator over everything, those included. */
const startOf = async (
  chunks: AsyncIterable<Uint8Array>,
  count: number,
): Promise<{ readonly head: Uint8Array; readonly rest: AsyncIterable<Uint8Array> }> => {
  const iterator = chunks[Symbol.asyncIterator]()
  let head = new Uint8Array(0)
  while (head.length < count) {
    const next = await iterator.next()
    if (next.done) break
    head = Buffer.concat([head, next.value])
  }
  const rest = async function* (): AsyncGenerator<Uint8Array, void> {
    if (head.length > 0) yield head
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return { head: head.subarray(0, count), rest: rest() }
}

const startsWith = (bytes: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((byte, index) => bytes[index] === byte)
