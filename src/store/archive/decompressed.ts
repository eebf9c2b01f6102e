import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ArchiveError, badArchive } from './errors.ts'

/** Output bytes per input byte, once the output is large: more is a decompression bomb. Deflate cannot exceed 1032. */
const maxRatio = 1040
const ratioFrom = 64 << 20

/** The bytes behind gzip, told by magic, or the bytes as they are. Throws `unsupported-archive` for other compressions. */
export async function* decompressed(
  chunks: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const { head, rest } = await startOf(chunks, 6)
  const other = otherCompressions.find(({ magic }) => startsWith(head, magic))
  if (other) {
    throw new ArchiveError('unsupported-archive', `read archive: it is compressed with ${other.name}`, {
      hint: `decompress it first: ${other.tool} -dc FILE | tsbuild load`,
    })
  }
  if (startsWith(head, [0x1f, 0x8b])) yield* gunzipped(rest, signal)
  else yield* rest
}

const otherCompressions = [
  { name: 'bzip2', tool: 'bzip2', magic: [0x42, 0x5a, 0x68] },
  { name: 'xz', tool: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { name: 'zstd', tool: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd] },
] as const

async function* gunzipped(
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
  // The error reaches the reader of `gunzip` below, so the callback has nothing to do.
  const gunzip = pipeline(
    Readable.from(counted(), { objectMode: true }),
    createGunzip({ chunkSize: 1 << 18 }),
    () => {},
  )
  let given = 0
  for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
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
