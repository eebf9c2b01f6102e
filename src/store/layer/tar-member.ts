import { encodePath } from '../../foundation/filetree/index.ts'
import { type HeaderFields, maxOctal7, maxOctal11, splitName } from './tar-header.ts'
import { encodeXattrKey, type PaxRecords } from './tar-pax.ts'

/** One tar member before it is squeezed into header fields. */
export interface Member {
  /** Directories end in `/`. */
  readonly name: string
  readonly link: string
  readonly type: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  /** Whole seconds. */
  readonly mtime: number
  readonly major: number
  readonly minor: number
  readonly xattrs?: ReadonlyMap<string, Uint8Array>
}

export interface EncodedMember {
  readonly header: HeaderFields
  /** Absent when the header says everything. */
  readonly pax?: PaxRecords
}

/**
 * Canonical choice of fields: ustar wherever it can say it, else a PAX record. As Go's archive/tar (docker, BuildKit,
 * containerd) does, names that are not ASCII go to PAX, since ustar does not tell their encoding.
 */
export const encodeMember = (member: Member): EncodedMember => {
  const records: PaxRecords = new Map()
  const name = fieldsOfName(member.name, records)
  const linkFits = isAscii(member.link) && member.link.length <= 100
  if (!linkFits) records.set('linkpath', encodePath(member.link))
  addNumber(records, 'uid', member.uid, maxOctal7)
  addNumber(records, 'gid', member.gid, maxOctal7)
  addNumber(records, 'size', member.size, maxOctal11)
  addNumber(records, 'mtime', member.mtime, maxOctal11)
  for (const [key, value] of member.xattrs ?? [])
    records.set(encodeXattrKey(key), Buffer.from(value.buffer, value.byteOffset, value.length))
  const { type, mode, uid, gid, size, mtime, major, minor } = member
  const link = linkFits ? member.link : ''
  const header = { ...name, link, type, mode, uid, gid, size, mtime, major, minor }
  return records.size === 0 ? { header } : { header, pax: records }
}

const fieldsOfName = (
  name: string,
  records: PaxRecords,
): { readonly name: string; readonly prefix: string } => {
  const ascii = isAscii(name)
  const split = ascii ? splitName(name) : undefined
  if (split) return split
  const bytes = encodePath(name)
  records.set('path', bytes)
  // What a reader without PAX would see; latin1 keeps the bytes as they are.
  return { name: bytes.toString('latin1', 0, 100), prefix: '' }
}

const addNumber = (records: PaxRecords, key: string, value: number, limit: number): void => {
  if (value < 0 || value > limit) records.set(key, Buffer.from(String(value)))
}

const isAscii = (text: string): boolean => /^[\u0000-\u007f]*$/.test(text)
