/** POSIX ustar header blocks (pax(1), "ustar Interchange Format"). */

export const blockSize = 512
/** Largest numbers that fit their octal fields; beyond them a PAX record speaks. */
export const maxOctal7 = 0o7777777
export const maxOctal11 = 0o77777777777

export const typeFlag = {
  file: 0x30,
  hardlink: 0x31,
  symlink: 0x32,
  char: 0x33,
  block: 0x34,
  directory: 0x35,
  fifo: 0x36,
  contiguous: 0x37,
  pax: 0x78,
  global: 0x67,
  gnuLongName: 0x4c,
  gnuLongLink: 0x4b,
  gnuSparse: 0x53,
} as const

export interface HeaderFields {
  /** ASCII, at most 100 bytes (one character = one byte). */
  readonly name: string
  /** ASCII, at most 155 bytes. */
  readonly prefix: string
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

/**
 * Writes one header block at `at`. Numbers outside their field are written as 0: their PAX record has the value.
 * Owner names stay empty: ids decide, and names differ from host to host.
 */
export const writeHeader = (block: Buffer, at: number, fields: HeaderFields): void => {
  block.fill(0, at, at + blockSize)
  block.write(fields.name, at, 100, 'latin1')
  octal(block, at + 100, 7, fields.mode)
  octal(block, at + 108, 7, fitting(fields.uid, maxOctal7))
  octal(block, at + 116, 7, fitting(fields.gid, maxOctal7))
  octal(block, at + 124, 11, fitting(fields.size, maxOctal11))
  octal(block, at + 136, 11, fitting(fields.mtime, maxOctal11))
  block[at + 156] = fields.type
  block.write(fields.link, at + 157, 100, 'latin1')
  block.write('ustar\u000000', at + 257, 8, 'latin1')
  octal(block, at + 329, 7, fields.major)
  octal(block, at + 337, 7, fields.minor)
  block.write(fields.prefix, at + 345, 155, 'latin1')
  octal(block, at + 148, 6, checksumOf(block, at))
  block[at + 155] = 0x20
}

/** Sum of the block's bytes with the checksum field taken as spaces; `signed` as some old programs did. */
export const checksumOf = (block: Uint8Array, at: number, signed = false): number => {
  let sum = 8 * 0x20
  for (let i = at; i < at + 148; i++) sum += byteAt(block, i, signed)
  for (let i = at + 156; i < at + blockSize; i++) sum += byteAt(block, i, signed)
  return sum
}

const byteAt = (block: Uint8Array, at: number, signed: boolean): number => {
  const byte = block[at] ?? 0
  return signed && byte > 127 ? byte - 256 : byte
}

const fitting = (value: number, limit: number): number => (value >= 0 && value <= limit ? value : 0)

/** `digits` octal digits; the byte behind them is NUL already. */
const octal = (block: Buffer, at: number, digits: number, value: number): void => {
  let rest = value
  for (let i = at + digits - 1; i >= at; i--) {
    const high = Math.floor(rest / 8)
    block[i] = 0x30 + (rest - high * 8)
    rest = high
  }
}

/** Bytes to add so that `size` ends on a block. */
export const paddingOf = (size: number): number => (blockSize - (size % blockSize)) % blockSize

/** Splits an ASCII name over the two ustar fields; undefined when it does not fit. */
export const splitName = (name: string): { readonly name: string; readonly prefix: string } | undefined => {
  if (name.length <= 100) return { name, prefix: '' }
  if (name.length > 256) return undefined
  // The slash between the fields is not stored; a directory's last slash belongs to the name.
  const slash = name.lastIndexOf('/', Math.min(155, name.length - 2))
  return slash > 0 && name.length - slash - 1 <= 100
    ? { name: name.slice(slash + 1), prefix: name.slice(0, slash) }
    : undefined
}
