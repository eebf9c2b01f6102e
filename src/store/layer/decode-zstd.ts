import { Decompress } from 'fzstd'
import { type ByteReader, createByteReader } from './byte-reader.ts'
import { badLayer, LayerError } from './layer-error.ts'

/** Largest window that is accepted, as zstd's own default: a frame may ask for terabytes. */
const maxWindow = 128 * 1024 * 1024

/**
 * Each frame of several blocks takes a window of its own, whatever it holds: a few bytes could make the decoder clear 128 MiB. Honest
 * ones hold a block of 128 KiB at least.
 */
const freeWindows = 2 * maxWindow
const windowsByOutput = 4096

/** Bytes so far, of all frames. */
interface Spent {
  windows: number
  output: number
}

/** What unpacks one whole frame as it comes. */
export type FrameDecoder = (frame: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>

/**
 * zstd in any number of frames, taken apart here (RFC 8878, 3.1), so that a decoder holds no more than one block and a window whose size
 * has been checked. `large` is for frames of more than one block (Node's zlib where it knows zstd: it stops after one frame); without it,
 * and for small frames, it is done here, and checksums of frames are not compared. Throws `bad-layer`, `layer-too-large`.
 */
export async function* decodeZstd(
  chunks: AsyncIterable<Uint8Array>,
  large?: FrameDecoder,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = createByteReader(chunks)
  const spent: Spent = { windows: 0, output: 0 }
  for (;;) {
    const magic = await reader.take(4)
    if (magic.length === 0) return
    if (magic.length < 4) throw damaged('it is cut off')
    const number = magic.readUInt32LE()
    if (number === 0xfd2fb528) yield* decodeFrame(reader, magic, { spent, large })
    else if ((number & 0xfffffff0) >>> 0 === 0x184d2a50) await skipFrame(reader)
    else throw damaged('there is something else between frames')
  }
}

/** A skippable frame: RFC 8878, 3.1.2. */
const skipFrame = async (reader: ByteReader): Promise<void> => {
  for (let left = (await exactly(reader, 4)).readUInt32LE(); left > 0; ) {
    const piece = await exactly(reader, Math.min(left, 1 << 16))
    left -= piece.length
  }
}

async function* decodeFrame(
  reader: ByteReader,
  magic: Buffer,
  { spent, large }: { readonly spent: Spent; readonly large: FrameDecoder | undefined },
): AsyncGenerator<Uint8Array, void, undefined> {
  const header = await readFrameHeader(reader)
  let block = await readBlock(reader, header)
  const start = Buffer.concat([magic, headerFor(header, block, spent)])
  if (large && !block.last) {
    for await (const bytes of large(frameBytes(reader, header, [start, block.bytes]))) {
      spent.output += bytes.length
      yield bytes
    }
    return
  }
  const blocks: Uint8Array[] = []
  const decoder = new Decompress((block) => blocks.push(block))
  const push = (bytes: Uint8Array, last: boolean): readonly Uint8Array[] => {
    try {
      decoder.push(bytes, last)
    } catch (error) {
      throw damaged(error instanceof Error ? error.message : String(error), error)
    }
    return blocks.splice(0)
  }
  push(start, false)
  for (;;) {
    // The decoder keeps what it gets.
    for (const bytes of push(block.bytes, block.last)) {
      spent.output += bytes.length
      yield bytes
    }
    if (block.last) return
    block = await readBlock(reader, header)
  }
}

/** The frame from its start to its end, and no byte more. */
async function* frameBytes(
  reader: ByteReader,
  header: FrameHeader,
  start: readonly Uint8Array[],
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* start
  for (;;) {
    const block = await readBlock(reader, header)
    yield block.bytes
    if (block.last) return
  }
}

interface Block {
  readonly last: boolean
  /** The most that it unpacks to. */
  readonly most: number
  /** With its header, and the checksum of the frame behind the last one. */
  readonly bytes: Buffer
}

/** RFC 8878, 3.1.1.2. */
const readBlock = async (reader: ByteReader, { hasChecksum }: FrameHeader): Promise<Block> => {
  const start = await exactly(reader, 3)
  const fields = start.readUIntLE(0, 3)
  const last = (fields & 1) === 1
  const [type, size] = [(fields >> 1) & 3, fields >> 3]
  // A block of one byte repeated (type 1) has its own size in place of the size of its bytes.
  const body = await exactly(reader, type === 1 ? 1 : size)
  const sum = last && hasChecksum ? await exactly(reader, 4) : Buffer.alloc(0)
  return { last, most: type < 2 ? size : maxBlock, bytes: Buffer.concat([start, body, sum]) }
}

const maxBlock = 128 * 1024

/** The header that the decoder gets: a frame of one block needs no more window than that. Throws `layer-too-large`. */
const headerFor = ({ bytes, window, isSingleSegment }: FrameHeader, first: Block, spent: Spent): Buffer => {
  const needed = first.last && !isSingleSegment ? Math.min(window, windowFor(first.most).size) : window
  spent.windows += needed
  if (spent.windows > freeWindows + windowsByOutput * spent.output) {
    throw new LayerError(
      'layer-too-large',
      'decompress: zstd frames with large windows and next to nothing in them',
      {
        hint: 'compress it again as one frame',
      },
    )
  }
  if (needed === window) return bytes
  const smaller = Buffer.from(bytes)
  smaller[1] = windowFor(first.most).descriptor
  return smaller
}

/** The smallest window for so many bytes, a power of two. */
const windowFor = (bytes: number): { readonly descriptor: number; readonly size: number } => {
  const exponent = Math.max(0, Math.ceil(Math.log2(Math.max(1, bytes))) - 10)
  return { descriptor: exponent << 3, size: windowSize(exponent << 3) }
}

interface FrameHeader {
  readonly bytes: Buffer
  readonly isSingleSegment: boolean
  /** Bytes. */
  readonly window: number
  readonly hasChecksum: boolean
}

/** RFC 8878, 3.1.1.1. */
const readFrameHeader = async (reader: ByteReader): Promise<FrameHeader> => {
  const descriptor = await exactly(reader, 1)
  const flags = descriptor[0] ?? 0
  const isSingleSegment = (flags & 0x20) !== 0
  const descriptorOfWindow = await exactly(reader, isSingleSegment ? 0 : 1)
  const dictionary = await exactly(reader, [0, 1, 2, 4][flags & 3] ?? 0)
  const size = await exactly(reader, [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0)
  if (dictionary.some((byte) => byte !== 0)) throw damaged('it needs a dictionary')
  const window = isSingleSegment ? littleEndian(size) : windowSize(descriptorOfWindow[0] ?? 0)
  if (window > maxWindow) {
    throw new LayerError('layer-too-large', `decompress: a zstd window larger than ${maxWindow} bytes`, {
      hint: 'compress it again without --long or --ultra',
    })
  }
  return {
    bytes: Buffer.concat([descriptor, descriptorOfWindow, dictionary, size]),
    isSingleSegment,
    window,
    hasChecksum: (flags & 4) !== 0,
  }
}

const windowSize = (descriptor: number): number => {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

const littleEndian = (bytes: Uint8Array): number => bytes.reduceRight((sum, byte) => sum * 256 + byte, 0)

const exactly = async (reader: ByteReader, count: number): Promise<Buffer> => {
  const bytes = await reader.take(count)
  if (bytes.length < count) throw damaged('it is cut off')
  return bytes
}

const damaged = (why: string, cause?: unknown): LayerError =>
  badLayer(`zstd data is damaged: ${why}`, { cause })
