import { decodePath } from '../../foundation/filetree/index.ts'
import { badLayer } from './layer-error.ts'
import { blockSize, checksumOf, signedChecksumOf, typeFlag } from './tar-header.ts'

/** A header block as it stands, numbers decoded. */
export interface RawHeader {
  readonly name: string
  readonly link: string
  readonly type: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtime: number
  readonly major: number
  readonly minor: number
}

/** True for a block of NULs, which ends an archive. */
export const isZeroBlock = (block: Buffer, at: number): boolean => {
  for (let i = at; i < at + blockSize; i++) if (block[i] !== 0) return false
  return true
}

/** Whether a tar begins with these bytes (at least one block): a header with the right checksum. */
export const isTarHeader = (start: Uint8Array): boolean => {
  const block = Buffer.from(start.buffer, start.byteOffset, blockSize)
  if (isZeroBlock(block, 0)) return false
  try {
    parseHeader(block, 0)
    return true
  } catch {
    return false
  }
}

/** Reads v7, ustar and GNU header blocks. Throws `bad-layer`. */
export const parseHeader = (block: Buffer, at: number): RawHeader => {
  const sum = numberField(block, at + 148, 8)
  if (sum !== checksumOf(block, at) && sum !== signedChecksumOf(block, at))
    throw badLayer('header checksum is wrong')
  const isUstar = hasMagic(block, at, ustarMagic)
  const hasDevice = isUstar || hasMagic(block, at, gnuMagic)
  const name = textField(block, at, 100)
  // GNU puts other things where ustar has its prefix.
  const prefix = isUstar ? textField(block, at + 345, 155) : ''
  const flag = block[at + 156] ?? 0
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    link: textField(block, at + 157, 100),
    type: flag === 0 ? (name.endsWith('/') ? typeFlag.directory : typeFlag.file) : flag,
    mode: numberField(block, at + 100, 8),
    uid: numberField(block, at + 108, 8),
    gid: numberField(block, at + 116, 8),
    size: numberField(block, at + 124, 12),
    mtime: numberField(block, at + 136, 12),
    major: hasDevice ? numberField(block, at + 329, 8) : 0,
    minor: hasDevice ? numberField(block, at + 337, 8) : 0,
  }
}

const ustarMagic = Buffer.from('ustar\u000000', 'latin1')
const gnuMagic = Buffer.from('ustar  \0', 'latin1')

const hasMagic = (block: Buffer, at: number, magic: Buffer): boolean => {
  for (let i = 0; i < magic.length; i++) if (block[at + 257 + i] !== magic[i]) return false
  return true
}

/** Bytes up to the first NUL. Most are ASCII: they need no decoder, and no view of the block. */
export const textField = (block: Buffer, at: number, size: number): string => {
  let end = at
  let bits = 0
  for (; end < at + size; end++) {
    const byte = block[end] ?? 0
    if (byte === 0) break
    bits |= byte
  }
  if (end === at) return ''
  return bits < 0x80 ? block.toString('latin1', at, end) : decodePath(block.subarray(at, end))
}

/** Octal digits between blanks and NULs, or big-endian two's complement behind a byte with its high bit set (GNU). */
const numberField = (block: Buffer, at: number, size: number): number => {
  if ((block[at] ?? 0) & 0x80) return binaryField(block, at, size)
  let i = at
  const end = at + size
  while (i < end && (block[i] === 0x20 || block[i] === 0)) i++
  let value = 0
  for (; i < end; i++) {
    const digit = (block[i] ?? 0) - 0x30
    if (digit < 0 || digit > 7) break
    value = value * 8 + digit
  }
  for (; i < end; i++)
    if (block[i] !== 0x20 && block[i] !== 0) throw badLayer('header has a malformed number')
  return value
}

const binaryField = (block: Buffer, at: number, size: number): number => {
  const negative = ((block[at] ?? 0) & 0x40) !== 0
  // The first byte's low seven bits are the most significant ones, sign extended.
  let value = BigInt((block[at] ?? 0) & 0x7f) - (negative ? 128n : 0n)
  for (let i = 1; i < size; i++) value = value * 256n + BigInt(block[at + i] ?? 0)
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw badLayer('header has a number that is too large')
  return number
}
