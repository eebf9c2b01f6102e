import type { BitReader } from './bzip2-bits.ts'
import { createHuffmanCode, type HuffmanCode } from './bzip2-huffman.ts'
import { badLayer } from './layer-error.ts'

/** Symbols after which another code table may be used. */
const groupSize = 50

/** Reads one block, after its magic number, into `symbols` (as large as the stream's blocks may be). */
export const readBlock = (bits: BitReader, symbols: Uint32Array): Block => {
  const sum = ((bits.take(16) << 16) | bits.take(16)) >>> 0
  if (bits.take(1) === 1) throw damaged('a block of a version that nobody writes')
  const origin = bits.take(24)
  const alphabet = readAlphabet(bits)
  const selectors = readSelectors(bits)
  const codes = Array.from({ length: selectors.codes }, () => readCode(bits, alphabet.length + 2))
  const count = readSymbols({ bits, symbols, alphabet, select: selectSymbol(bits, selectors.order, codes) })
  if (origin >= count && count > 0) throw damaged('a block starts outside itself')
  return { sum, origin, count }
}

export interface Block {
  /** Expected checksum of the output. */
  readonly sum: number
  readonly origin: number
  readonly count: number
}

/** The bytes that occur, in order. */
const readAlphabet = (bits: BitReader): Uint8Array => {
  const bytes: number[] = []
  const ranges = bits.take(16)
  for (let range = 0; range < 16; range++) {
    if ((ranges & (0x8000 >> range)) === 0) continue
    const used = bits.take(16)
    for (let i = 0; i < 16; i++) if ((used & (0x8000 >> i)) !== 0) bytes.push(range * 16 + i)
  }
  return Uint8Array.from(bytes)
}

/** Which code is used for each group of symbols. */
const readSelectors = (bits: BitReader): { readonly codes: number; readonly order: Uint8Array } => {
  const codes = bits.take(3)
  const count = bits.take(15)
  if (codes < 2 || codes > 6 || count === 0) throw damaged('code tables')
  const recent = Uint8Array.from({ length: codes }, (_, i) => i)
  const order = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    let place = 0
    while (bits.take(1) === 1) if (++place >= codes) throw damaged('a code table that is not there')
    order[i] = moveToFront(recent, place)
  }
  return { codes, order }
}

const readCode = (bits: BitReader, symbolCount: number): HuffmanCode => {
  const lengths = new Uint8Array(symbolCount)
  let length = bits.take(5)
  for (let i = 0; i < symbolCount; i++) {
    for (;;) {
      if (length < 1 || length > 20) throw damaged('the length of a code')
      if (bits.take(1) === 0) break
      length += bits.take(1) === 0 ? 1 : -1
    }
    lengths[i] = length
  }
  return createHuffmanCode(lengths)
}

const selectSymbol = (bits: BitReader, order: Uint8Array, codes: readonly HuffmanCode[]): (() => number) => {
  let group = 0
  let left = 0
  let code = codes[0]
  return () => {
    if (left === 0) {
      code = codes[order[group++] ?? codes.length]
      left = groupSize
    }
    if (code === undefined) throw damaged('more symbols than said')
    left -= 1
    return code.next(bits)
  }
}

interface SymbolSource {
  readonly bits: BitReader
  readonly symbols: Uint32Array
  readonly alphabet: Uint8Array
  readonly select: () => number
}

/** Run lengths and recently used bytes back to bytes; how many there are. Symbols 0 and 1 are digits of a run's length. */
const readSymbols = ({ symbols, alphabet, select }: SymbolSource): number => {
  const recent = Uint8Array.from(alphabet)
  const end = alphabet.length + 1
  let count = 0
  let run = 0
  let digit = 1
  for (;;) {
    const symbol = select()
    if (symbol <= 1) {
      run += digit << symbol
      digit <<= 1
      if (run > symbols.length) throw damaged('a run that is too long')
      continue
    }
    if (count + run > symbols.length) throw damaged('a block that is too long')
    if (run > 0) {
      symbols.fill(recent[0] ?? 0, count, count + run)
      count += run
      run = 0
      digit = 1
    }
    if (symbol === end) return count
    if (count >= symbols.length) throw damaged('a block that is too long')
    symbols[count++] = moveToFront(recent, symbol - 1)
  }
}

const moveToFront = (recent: Uint8Array, place: number): number => {
  const value = recent[place] ?? 0
  // Mostly a few places: a call of copyWithin costs more.
  for (let i = place; i > 0; i--) recent[i] = recent[i - 1] ?? 0
  recent[0] = value
  return value
}

const damaged = (found: string): Error => badLayer(`bzip2 data is damaged: ${found}`)
