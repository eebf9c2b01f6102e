/** A tar reader of its own, so that what is compared is not read by the code that is under comparison. */

const types = new Map([
  ['0', 'file'],
  ['\0', 'file'],
  ['1', 'hardlink'],
  ['2', 'symlink'],
  ['3', 'char'],
  ['4', 'block'],
  ['5', 'directory'],
  ['6', 'fifo'],
])

/** One member, as it stands there. Texts are latin1: one character for each byte. */
export interface TarMember {
  readonly path: string
  readonly type: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Bytes; 0 for everything but files. */
  readonly size: number
  /** Seconds, cut to whole ones. */
  readonly mtime: number
  readonly link: string
  /** MAJOR:MINOR of a device. */
  readonly device: string
  readonly xattrs: Readonly<Record<string, string>>
  readonly content: Buffer
}

type Records = Readonly<Record<string, string>>

const text = (bytes: Buffer): string => {
  const end = bytes.indexOf(0)
  return bytes.toString('latin1', 0, end === -1 ? bytes.length : end)
}

/** Octal text, or base 256 when the first bit is set (POSIX leaves numbers over 8 GiB to pax; GNU does it so). */
const number = (bytes: Buffer): number => {
  const first = bytes[0] ?? 0
  if ((first & 0x80) === 0) return Number.parseInt(text(bytes).trim() || '0', 8)
  return bytes.subarray(1).reduce((value, byte) => value * 256 + byte, first & 0x7f)
}

/** Records of a pax header: `LENGTH KEY=VALUE\n`; the length counts bytes. */
const paxRecords = (bytes: Buffer): Records => {
  const records: Record<string, string> = {}
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at)
    if (blank === -1) break
    const end = at + Number(bytes.toString('latin1', at, blank))
    const record = bytes.toString('latin1', blank + 1, end - 1)
    const equals = record.indexOf('=')
    records[record.slice(0, equals)] = record.slice(equals + 1)
    at = end
  }
  return records
}

const xattrPrefix = 'SCHILY.xattr.'

const xattrsOf = (pax: Records): Records =>
  Object.fromEntries(
    Object.entries(pax)
      .filter(([key]) => key.startsWith(xattrPrefix))
      .map(([key, value]): [string, string] => [key.slice(xattrPrefix.length), value])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

const nameOf = (header: Buffer): string => {
  const posix = header.toString('latin1', 257, 262) === 'ustar' && header[263] === 0x30
  const prefix = posix ? text(header.subarray(345, 500)) : ''
  const name = text(header.subarray(0, 100))
  return prefix ? `${prefix}/${name}` : name
}

const deviceOf = (header: Buffer): string =>
  [329, 337].map((at) => number(header.subarray(at, at + 8))).join(':')

const memberOf = (header: Buffer, pax: Records, long: Records): Omit<TarMember, 'content'> => {
  const type = types.get(String.fromCharCode(header[156] ?? 0)) ?? `type ${header[156]}`
  return {
    path: pax['path'] ?? long['L'] ?? nameOf(header),
    type,
    mode: number(header.subarray(100, 108)) & 0o7777,
    uid: Number(pax['uid'] ?? number(header.subarray(108, 116))),
    gid: Number(pax['gid'] ?? number(header.subarray(116, 124))),
    size: type === 'file' ? Number(pax['size'] ?? number(header.subarray(124, 136))) : 0,
    mtime: Math.floor(Number(pax['mtime'] ?? number(header.subarray(136, 148)))),
    link: pax['linkpath'] ?? long['K'] ?? text(header.subarray(157, 257)),
    device: type === 'char' || type === 'block' ? deviceOf(header) : '',
    xattrs: xattrsOf(pax),
  }
}

/** The members of a tar, in its order. */
export function* readTar(bytes: Buffer): Generator<TarMember> {
  let pax: Records = {}
  let long: Records = {}
  for (let at = 0; at + 512 <= bytes.length; ) {
    const header = bytes.subarray(at, at + 512)
    if (header[0] === 0) break
    const flag = String.fromCharCode(header[156] ?? 0)
    const member = memberOf(header, pax, long)
    const size = 'xgLK'.includes(flag) ? number(header.subarray(124, 136)) : member.size
    const content = bytes.subarray(at + 512, at + 512 + size)
    at += 512 + Math.ceil(size / 512) * 512
    if (flag === 'x') pax = paxRecords(content)
    else if (flag === 'L' || flag === 'K') long = { ...long, [flag]: text(content) }
    else if (flag !== 'g') {
      yield { ...member, content }
      pax = {}
      long = {}
    }
  }
}
