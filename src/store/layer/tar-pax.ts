import { badLayer } from './layer-error.ts'
import { type HeaderFields, type HeaderNames, typeFlag } from './tar-header.ts'

/** PAX extended header records (pax(1)): `LENGTH KEY=VALUE\n`, LENGTH counting itself. Values are raw bytes. */
export type PaxRecords = Map<string, Buffer>

export const xattrPrefix = 'SCHILY.xattr.'

/** Canonical: records sorted by key. */
export const encodePax = (records: PaxRecords): Buffer => {
  const parts: Buffer[] = []
  for (const [key, value] of [...records].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const body = Buffer.from(` ${key}=`, 'utf8')
    const rest = body.length + value.length + 1
    let length = rest + String(rest).length
    length = rest + String(length).length
    parts.push(Buffer.from(String(length)), body, value, newline)
  }
  return Buffer.concat(parts)
}

const newline = Buffer.from('\n')

/** The header before the records. */
export const paxNames: HeaderNames = { name: 'PaxHeaders', prefix: '', link: '' }

export const paxFields = (size: number): HeaderFields => ({
  type: typeFlag.pax,
  mode: 0o644,
  uid: 0,
  gid: 0,
  size,
  mtime: 0,
  major: 0,
  minor: 0,
})

/** Adds the records of `block` to `into`; an empty value deletes, but is the value of an empty xattr. Throws `bad-layer`. */
export const parsePax = (block: Buffer, into: PaxRecords): void => {
  for (let at = 0; at < block.length; ) {
    const space = block.indexOf(0x20, at)
    const digits = space < 0 || space - at > 10 ? '' : block.toString('latin1', at, space)
    const end = at + Number(digits)
    if (!/^[1-9][0-9]*$/.test(digits) || end > block.length || end <= space + 1 || block[end - 1] !== 0x0a)
      throw badLayer('malformed PAX record')
    const equals = block.indexOf(0x3d, space + 1)
    if (equals <= space + 1 || equals >= end) throw badLayer('PAX record without a key or "="')
    const key = block.toString('utf8', space + 1, equals)
    const isEmpty = equals + 1 === end - 1
    if (isEmpty && !key.startsWith(xattrPrefix)) into.delete(key)
    else into.set(key, Buffer.from(block.subarray(equals + 1, end - 1)))
    at = end
  }
}

/** Attribute names in PAX keys: `%` and `=` are escaped, as GNU tar does. */
export const encodeXattrKey = (name: string): string =>
  xattrPrefix + name.replace(/[%=]/g, (c) => (c === '%' ? '%25' : '%3D'))

export const decodeXattrKey = (key: string): string =>
  key.slice(xattrPrefix.length).replace(/%(25|3D)/g, (_, hex: string) => (hex === '25' ? '%' : '='))
