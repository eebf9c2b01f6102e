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
  readonly type: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtime: number
  readonly major: number
  readonly minor: number
}

/** One character = one byte. */
export interface HeaderNames {
  /** At most 100 bytes. */
  readonly name: string
  /** At most 155 bytes. */
  readonly prefix: string
  /** At most 100 bytes. */
  readonly link: string
}

/** The last field. */
const prefixAt = 345

/** What all headers share. Owner names stay empty: ids decide, and names differ from host to host. */
const template = Buffer.alloc(blockSize)
template.write('ustar\u000000', 257, 8, 'latin1')
template.fill(0x20, 148, 156)
const templateSum = template.reduce((sum, byte) => sum + byte, 0)

/** Writes one header block at `at`. Numbers outside their field are written as 0: their PAX record has the value. */
export const writeHeader = (block: Buffer, at: number, names: HeaderNames, fields: HeaderFields): void => {
  block.set(template, at)
  block[at + 156] = fields.type
  // Summed up as it is written: the template has NULs wherever a field goes.
  const sum =
    templateSum +
    latin1(block, at, names.name) +
    octal(block, at + 100, 7, fields.mode) +
    octal(block, at + 108, 7, fitting(fields.uid, maxOctal7)) +
    octal(block, at + 116, 7, fitting(fields.gid, maxOctal7)) +
    octal(block, at + 124, 11, fitting(fields.size, maxOctal11)) +
    octal(block, at + 136, 11, fitting(fields.mtime, maxOctal11)) +
    fields.type +
    latin1(block, at + 157, names.link) +
    octal(block, at + 329, 7, fields.major) +
    octal(block, at + 337, 7, fields.minor) +
    latin1(block, at + prefixAt, names.prefix)
  octal(block, at + 148, 6, sum)
  block[at + 154] = 0
}

/** One byte per character; the sum of the bytes. Names are short: a loop is faster than a call into C++. */
const latin1 = (block: Buffer, at: number, text: string): number => {
  let sum = 0
  for (let i = 0; i < text.length; i++) {
    const byte = text.charCodeAt(i)
    block[at + i] = byte
    sum += byte
  }
  return sum
}

/** Sum of the block's bytes with the checksum field taken as spaces. */
export const checksumOf = (block: Uint8Array, at: number): number => {
  const view = new DataView(block.buffer, block.byteOffset + at, blockSize)
  // Two sums of 256 bytes in one number, four bytes at a time: neither leaves its 16 bits.
  let sums = 0
  for (let i = 0; i < blockSize; i += 4) {
    const word = view.getUint32(i)
    sums += (word & 0xff00ff) + ((word >>> 8) & 0xff00ff)
  }
  let sum = (sums & 0xffff) + (sums >>> 16) + 8 * 0x20
  for (let i = at + 148; i < at + 156; i++) sum -= block[i] ?? 0
  return sum
}

/** The same as some old programs did it, with bytes taken for signed numbers. */
export const signedChecksumOf = (block: Uint8Array, at: number): number => {
  let sum = checksumOf(block, at)
  for (let i = at; i < at + blockSize; i++)
    if ((block[i] ?? 0) > 127 && (i < at + 148 || i >= at + 156)) sum -= 256
  return sum
}

const fitting = (value: number, limit: number): number => (value >= 0 && value <= limit ? value : 0)

/** `digits` octal digits; the byte behind them is the field's end. The sum of the bytes. */
const octal = (block: Buffer, at: number, digits: number, value: number): number => {
  let i = at + digits - 1
  let rest = value
  let sum = digits * 0x30
  // Beyond 31 bits shifts do not work.
  for (; rest > 0x7fffffff; i--) {
    block[i] = 0x30 + (rest % 8)
    sum += rest % 8
    rest = Math.floor(rest / 8)
  }
  for (; i >= at; i--) {
    block[i] = 0x30 | (rest & 7)
    sum += rest & 7
    rest >>>= 3
  }
  return sum
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
