import { createByteReader } from './byte-reader.ts'
import { type BitReader, createBitReader, OutOfBits } from './bzip2-bits.ts'
import { readBlock } from './bzip2-block.ts'
import { blockOutput } from './bzip2-output.ts'
import { badLayer } from './layer-error.ts'

/** Enough for one block of the usual kind; rarer ones are tried again with more. */
const firstRead = 1 << 20
/** No block is larger: 900,000 symbols of at most 20 bits, and its tables. */
const maxBlock = 3 << 20

interface Stream {
  readonly symbols: Uint32Array
  /** Checksum of the blocks so far. */
  sum: number
}

/**
 * bzip2, one stream or several after each other (as parallel compressors write them); what follows them is ignored, as the
 * original does. Holds one block and its output, which is 46 MB at most. Throws `bad-layer`.
 */
export async function* decodeBzip2(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = createByteReader(chunks)
  let input = await reader.take(firstRead)
  let start = 0
  let step: Step = { stream: undefined, output: empty }
  for (
    let isFirst = true;
    isFirst || step.stream !== undefined || startsStream(input, start >> 3);
    isFirst = false
  ) {
    const bits = createBitReader(input, start)
    const next = takeStep(bits, step.stream)
    if (next === undefined) {
      const more = input.length < maxBlock ? await reader.take(firstRead) : empty
      if (more.length === 0) throw damaged('it is cut off')
      input = Buffer.concat([input, more])
      continue
    }
    step = next
    if (step.output.length > 0) yield step.output
    // A stream ends at a whole byte.
    const done = step.stream === undefined ? (bits.position() + 7) & ~7 : bits.position()
    input = Buffer.concat([input.subarray(done >> 3), await reader.take(done >> 3)])
    start = done & 7
  }
}

/** The stream that is being read afterwards, if it has not ended, and what has been decoded. */
interface Step {
  readonly stream: Stream | undefined
  readonly output: Uint8Array
}

/** Reads a header, a block or the end of a stream; undefined when it is not there as a whole. */
const takeStep = (bits: BitReader, stream: Stream | undefined): Step | undefined => {
  try {
    if (stream === undefined) return { stream: readHeader(bits), output: empty }
    const output = readNext(bits, stream)
    return { stream: output && stream, output: output ?? empty }
  } catch (error) {
    if (error instanceof OutOfBits) return undefined
    throw error
  }
}

const empty = Buffer.alloc(0)

const startsStream = (input: Buffer, at: number): boolean => input.toString('latin1', at, at + 3) === 'BZh'

const readHeader = (bits: BitReader): Stream => {
  if (bits.take(24) !== 0x425a68) throw damaged('it does not begin as it should')
  const size = bits.take(8) - 0x30
  if (size < 1 || size > 9) throw damaged('its block size')
  return { symbols: new Uint32Array(100_000 * size), sum: 0 }
}

/** The output of the next block, or undefined at the end of the stream. */
const readNext = (bits: BitReader, stream: Stream): Uint8Array | undefined => {
  const magic = [bits.take(24), bits.take(24)]
  if (magic[0] === 0x177245 && magic[1] === 0x385090) {
    if (((bits.take(16) << 16) | bits.take(16)) >>> 0 !== stream.sum) throw damaged('wrong checksum')
    return undefined
  }
  if (magic[0] !== 0x314159 || magic[1] !== 0x265359) throw damaged('no block where one is expected')
  const block = readBlock(bits, stream.symbols)
  const output = blockOutput(block, stream.symbols)
  stream.sum = (((stream.sum << 1) | (stream.sum >>> 31)) ^ block.sum) >>> 0
  return output
}

const damaged = (found: string): Error => badLayer(`bzip2 data is damaged: ${found}`)
