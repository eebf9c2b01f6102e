// A tar reader of its own, so that what is compared is not read by the code that is under comparison.
import { createHash } from 'node:crypto'

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

const text = (bytes) => {
  const end = bytes.indexOf(0)
  return bytes.toString('latin1', 0, end === -1 ? bytes.length : end)
}

/** Octal text, or base 256 when the first bit is set (POSIX leaves numbers over 8 GiB to pax; GNU does it so). */
const number = (bytes) => {
  if ((bytes[0] & 0x80) === 0) return Number.parseInt(text(bytes).trim() || '0', 8)
  return bytes.subarray(1).reduce((value, byte) => value * 256 + byte, bytes[0] & 0x7f)
}

/** Records of a pax header: `LENGTH KEY=VALUE\n`; the length counts bytes. */
const paxRecords = (bytes) => {
  const records = {}
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

const xattrsOf = (pax) =>
  Object.fromEntries(
    Object.entries(pax)
      .filter(([key]) => key.startsWith('SCHILY.xattr.'))
      .map(([key, value]) => [key.slice('SCHILY.xattr.'.length), value])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

const entryOf = (header, pax, long) => {
  const prefix =
    header.toString('latin1', 257, 262) === 'ustar' && header[263] === 0x30
      ? text(header.subarray(345, 500))
      : ''
  const short = text(header.subarray(0, 100))
  const type = types.get(String.fromCharCode(header[156])) ?? `type ${header[156]}`
  return {
    path: pax.path ?? long.path ?? (prefix ? `${prefix}/${short}` : short),
    type,
    mode: number(header.subarray(100, 108)) & 0o7777,
    uid: Number(pax.uid ?? number(header.subarray(108, 116))),
    gid: Number(pax.gid ?? number(header.subarray(116, 124))),
    size: type === 'file' ? Number(pax.size ?? number(header.subarray(124, 136))) : 0,
    mtime: Number(pax.mtime ?? number(header.subarray(136, 148))),
    link: pax.linkpath ?? long.link ?? text(header.subarray(157, 257)),
    device:
      type === 'char' || type === 'block'
        ? [329, 337].map((at) => number(header.subarray(at, at + 8))).join(':')
        : '',
    xattrs: xattrsOf(pax),
  }
}

/** The entries of a tar, in its order, each with its bytes. Paths are latin1 text of their bytes, as they stand there. */
export function* readTar(bytes) {
  let pax = {}
  let long = {}
  for (let at = 0; at + 512 <= bytes.length; ) {
    const header = bytes.subarray(at, at + 512)
    if (header[0] === 0) break
    const flag = String.fromCharCode(header[156])
    const entry = entryOf(header, pax, long)
    const size = 'xgLK'.includes(flag) ? number(header.subarray(124, 136)) : entry.size
    const content = bytes.subarray(at + 512, at + 512 + size)
    at += 512 + Math.ceil(size / 512) * 512
    if (flag === 'x') pax = paxRecords(content)
    else if (flag === 'L') long = { ...long, path: text(content) }
    else if (flag === 'K') long = { ...long, link: text(content) }
    else if (flag !== 'g') {
      yield { entry, content }
      pax = {}
      long = {}
    }
  }
}

/** A layer: its entries with clean paths (`a/b`, the root is ``) and the digest of what is in each file. */
export const readLayer = (bytes) =>
  [...readTar(bytes)].map(({ entry, content }) => ({
    ...entry,
    path: clean(entry.path),
    link: entry.type === 'hardlink' ? clean(entry.link) : entry.link,
    digest: entry.type === 'file' ? createHash('sha256').update(content).digest('hex').slice(0, 16) : '',
  }))

const clean = (path) =>
  path
    .replace(/^(\.?\/)+/, '')
    .replace(/\/+$/, '')
    .replace(/^\.$/, '')
