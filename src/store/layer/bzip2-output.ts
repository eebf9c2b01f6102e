import type { Block } from './bzip2-block.ts'
import { badLayer } from './layer-error.ts'

/**
 * Undoes the Burrows-Wheeler transform of a block and its outer run-length coding (four equal bytes, then how many more), and
 * compares the checksum. At most 259/5 times as many bytes as there are symbols. `symbols` is overwritten.
 */
export const blockOutput = (block: Block, symbols: Uint32Array): Uint8Array => {
  const { count } = block
  linkSymbols(symbols, count)
  const output = createOutput(count)
  let last = -1
  let equal = 0
  let position = count === 0 ? 0 : (symbols[block.origin] ?? 0) >>> 8
  for (let i = 0; i < count; i++) {
    const link = symbols[position] ?? 0
    const byte = link & 0xff
    position = link >>> 8
    const copies = equal === 4 ? byte : 1
    const value = equal === 4 ? last : byte
    equal = equal === 4 ? 0 : byte === last ? equal + 1 : 1
    last = equal === 0 ? -1 : byte
    output.put(value, copies)
  }
  if (output.sum() !== block.sum) throw badLayer('bzip2 data is damaged: wrong checksum')
  return output.bytes()
}

interface Output {
  /** At most 255 copies. */
  put(byte: number, copies: number): void
  bytes(): Uint8Array
  sum(): number
}

const createOutput = (size: number): Output => {
  let bytes = Buffer.allocUnsafe(size + (size >> 2) + 256)
  let length = 0
  let sum = -1
  return {
    put: (byte, copies) => {
      if (length + copies > bytes.length) bytes = Buffer.concat([bytes, Buffer.allocUnsafe(bytes.length)])
      for (let n = 0; n < copies; n++) {
        bytes[length++] = byte
        sum = (sum << 8) ^ (sumTable[(sum >>> 24) ^ byte] ?? 0)
      }
    },
    bytes: () => bytes.subarray(0, length),
    sum: () => ~sum >>> 0,
  }
}

/** Puts into the upper 24 bits of each symbol where the next one is. */
const linkSymbols = (symbols: Uint32Array, count: number): void => {
  const starts = new Uint32Array(257)
  for (let i = 0; i < count; i++) {
    const next = (symbols[i] ?? 0) + 1
    starts[next] = (starts[next] ?? 0) + 1
  }
  for (let i = 1; i < 257; i++) starts[i] = (starts[i] ?? 0) + (starts[i - 1] ?? 0)
  for (let i = 0; i < count; i++) {
    const byte = (symbols[i] ?? 0) & 0xff
    const place = starts[byte] ?? 0
    starts[byte] = place + 1
    symbols[place] = ((symbols[place] ?? 0) & 0xff) | (i << 8)
  }
}

/** CRC-32 with the highest bit first. */
const sumTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24
  for (let i = 0; i < 8; i++) sum = (sum << 1) ^ (sum < 0 ? 0x04c11db7 : 0)
  return sum >>> 0
})
