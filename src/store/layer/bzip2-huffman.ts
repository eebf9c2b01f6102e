import type { BitReader } from './bzip2-bits.ts'
import { badLayer } from './layer-error.ts'

const maxLength = 20
/** Codes up to this length, which are nearly all, are looked up at once. */
const shortLength = 10

/** A canonical Huffman code of at most 258 symbols. */
export interface HuffmanCode {
  next(bits: BitReader): number
}

/** `lengths`: of the code of each symbol. Throws `bad-layer` for symbols that no code reaches. */
export const createHuffmanCode = (lengths: Uint8Array): HuffmanCode => {
  /** First code of each length and the place of its symbol in `ordered`. */
  const first = new Int32Array(maxLength + 2)
  const place = new Int32Array(maxLength + 2)
  const counts = new Int32Array(maxLength + 2)
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1
  const ordered: number[] = []
  let code = 0
  for (let length = 1; length <= maxLength; length++) {
    first[length] = code
    place[length] = ordered.length
    for (let symbol = 0; symbol < lengths.length; symbol++)
      if (lengths[symbol] === length) ordered.push(symbol)
    code = (code + (counts[length] ?? 0)) << 1
  }
  const short = shortCodes(first, place, counts, ordered)
  return {
    next(bits) {
      const known = short[bits.peek(shortLength)] ?? 0
      if (known !== 0) {
        bits.take(known & 31)
        return known >> 5
      }
      for (let length = shortLength + 1; length <= maxLength; length++) {
        const index = bits.peek(length) - (first[length] ?? 0)
        if (index < 0 || index >= (counts[length] ?? 0)) continue
        bits.take(length)
        return ordered[(place[length] ?? 0) + index] ?? 0
      }
      bits.take(maxLength)
      throw badLayer('bzip2 data is damaged: no such code')
    },
  }
}

/** Symbol and length (5 bits) for every start of `shortLength` bits; 0 where the code is longer. */
const shortCodes = (
  first: Int32Array,
  place: Int32Array,
  counts: Int32Array,
  ordered: readonly number[],
): Uint16Array => {
  const short = new Uint16Array(1 << shortLength)
  for (let length = 1; length <= shortLength; length++) {
    const spread = 1 << (shortLength - length)
    for (let index = 0; index < (counts[length] ?? 0); index++) {
      const start = ((first[length] ?? 0) + index) * spread
      const symbol = ordered[(place[length] ?? 0) + index] ?? 0
      short.fill((symbol << 5) | length, start, start + spread)
    }
  }
  return short
}
