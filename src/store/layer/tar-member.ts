import { encodePath } from '../../foundation/filetree/index.ts'
import { type HeaderFields, type HeaderNames, maxOctal7, maxOctal11, splitName } from './tar-header.ts'
import { encodeXattrKey, type PaxRecords } from './tar-pax.ts'

/** One tar member before it is squeezed into header fields. */
export interface Member extends HeaderFields {
  /** Directories end in `/`. */
  readonly name: string
  readonly link: string
  readonly xattrs: ReadonlyMap<string, Uint8Array> | undefined
}

export interface EncodedMember {
  readonly names: HeaderNames
  /** Undefined when the header says everything. */
  readonly pax: PaxRecords | undefined
}

/**
 * Canonical choice of fields: ustar wherever it can say it, else a PAX record. As Go's archive/tar (docker, BuildKit,
 * containerd) does, names that are not ASCII go to PAX, since ustar does not tell their encoding.
 */
export const encodeMember = (member: Member): EncodedMember => {
  const { link } = member
  const split = isAscii(member.name) ? splitName(member.name) : undefined
  const linkFits = link.length <= 100 && isAscii(link)
  if (split && linkFits && !member.xattrs && numbersFit(member))
    return { names: { name: split.name, prefix: split.prefix, link }, pax: undefined }

  const pax: PaxRecords = new Map()
  // What a reader without PAX would see of the name; latin1 keeps the bytes as they are.
  const bytes = encodePath(member.name)
  const cut = { name: bytes.toString('latin1', 0, 100), prefix: '' }
  if (!split) pax.set('path', bytes)
  if (!linkFits) pax.set('linkpath', encodePath(link))
  addNumber(pax, 'uid', member.uid, maxOctal7)
  addNumber(pax, 'gid', member.gid, maxOctal7)
  addNumber(pax, 'size', member.size, maxOctal11)
  addNumber(pax, 'mtime', member.mtime, maxOctal11)
  for (const [key, value] of member.xattrs ?? [])
    pax.set(encodeXattrKey(key), Buffer.from(value.buffer, value.byteOffset, value.length))
  return { names: { ...(split ?? cut), link: linkFits ? link : '' }, pax }
}

const numbersFit = ({ uid, gid, size, mtime }: Member): boolean =>
  uid <= maxOctal7 && gid <= maxOctal7 && size <= maxOctal11 && mtime >= 0 && mtime <= maxOctal11

const addNumber = (records: PaxRecords, key: string, value: number, limit: number): void => {
  if (value < 0 || value > limit) records.set(key, Buffer.from(String(value)))
}

const isAscii = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}
