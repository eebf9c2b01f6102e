import type { EntryType } from '../../foundation/filetree/index.ts'
import { decodePath, encodePath } from '../../foundation/filetree/index.ts'
import type { EntryDraft } from './entry-draft.ts'
import { badLayer } from './layer-error.ts'
import { belongsInLayer } from './layer-names.ts'
import { parseMemberName, parsePath, shown } from './member-path.ts'
import type { RawHeader } from './tar-fields.ts'
import { typeFlag } from './tar-header.ts'
import { decodeXattrKey, type PaxRecords, xattrPrefix } from './tar-pax.ts'
import type { LayerAddition, TarMember } from './types.ts'

/** Headers that came before a member and speak about it. */
export interface Overrides {
  readonly pax: PaxRecords
  readonly longName: string | undefined
  readonly longLink: string | undefined
}

export interface DecodedMember {
  readonly member: TarMember
  /** Bytes of content that follow the header. */
  readonly size: number
}

const types: ReadonlyMap<number, EntryType> = new Map([
  [typeFlag.file, 'file'],
  [typeFlag.contiguous, 'file'],
  [typeFlag.hardlink, 'file'],
  [typeFlag.symlink, 'symlink'],
  [typeFlag.char, 'char'],
  [typeFlag.block, 'block'],
  [typeFlag.directory, 'directory'],
  [typeFlag.fifo, 'fifo'],
])

/** Joins a header and what came before it to a member; `offset` is where its content starts. Throws `bad-layer`. */
export const decodeMember = (
  header: RawHeader,
  before: Overrides,
  offset: number,
  maxPath: number,
): DecodedMember => {
  const { pax } = before
  const written = pathRecord(pax, 'path') ?? before.longName ?? header.name
  const type = types.get(header.type)
  if (type === undefined)
    throw badLayer(`${shown(written)} has the unsupported type ${flagText(header.type)}`)
  const name = parseMemberName(written, maxPath)
  // As Go's archive/tar: only files have content, whatever the size field of others says.
  const hasContent = type === 'file' && header.type !== typeFlag.hardlink
  const size = hasContent ? (numberRecord(pax, 'size', Number.MAX_SAFE_INTEGER) ?? header.size) : 0
  if (size < 0) throw badLayer(`${shown(written)} has a negative size`)
  if (name.kind !== 'path') {
    if (type !== 'file') throw badLayer(`whiteout ${shown(written)} is a ${type}`)
    return { member: name, size }
  }
  const { path } = name
  const entry = entryOf(header, before, { path, type, size, maxPath })
  const isWhiteout = type === 'char' && entry.major === 0 && entry.minor === 0
  // Overlay takes a 0:0 device for a whiteout; so that index and tree agree, it is one.
  if (isWhiteout && path !== '') return { member: { kind: 'whiteout', path }, size }
  return { member: { kind: 'add', entry, offset }, size }
}

interface EntryParts {
  readonly path: string
  readonly type: EntryType
  readonly size: number
  readonly maxPath: number
}

/** Member by member, as `draftOf`. */
const entryOf = (header: RawHeader, before: Overrides, parts: EntryParts): LayerAddition => {
  const { path, type, size, maxPath } = parts
  const { pax } = before
  const time = timeRecord(pax)
  const entry: EntryDraft = {
    kind: 'add',
    path,
    type,
    mode: type === 'symlink' ? 0o777 : header.mode & 0o7777,
    uid: idOf(numberRecord(pax, 'uid', maxId) ?? header.uid, path),
    gid: idOf(numberRecord(pax, 'gid', maxId) ?? header.gid, path),
    size,
    mtime: time ? time.mtime : header.mtime,
    mtimeNsec: time ? time.mtimeNsec : 0,
  }
  if (type === 'symlink') entry.linkName = linkName(linkOf(header, before), path, maxPath)
  if (header.type === typeFlag.hardlink) entry.hardlink = parsePath(linkOf(header, before), maxPath)
  if (type === 'char' || type === 'block') {
    const { major, minor } = device(header, path)
    entry.major = major
    entry.minor = minor
  }
  const xattrs = xattrsOf(pax)
  if (xattrs) entry.xattrs = xattrs
  return entry
}

const linkOf = (header: RawHeader, { pax, longLink }: Overrides): string =>
  pathRecord(pax, 'linkpath') ?? longLink ?? header.link

/** (uid_t)-1 means "unchanged" to chown(2). */
const maxId = 0xfffffffe

const idOf = (id: number, path: string): number => {
  if (id < 0 || id > maxId) throw badLayer(`${shown(path)} has the owner id ${id}`)
  return id
}

const linkName = (target: string, path: string, maxPath: number): string => {
  if (target === '' || target.includes('\0')) throw badLayer(`symlink ${shown(path)} has no usable target`)
  if (encodePath(target).length > maxPath) throw badLayer(`target of symlink ${shown(path)} is too long`)
  return target
}

/** Linux has 12 bits of major and 20 of minor number. */
const device = (header: RawHeader, path: string): { readonly major: number; readonly minor: number } => {
  const { major, minor } = header
  if (major < 0 || major > 0xfff || minor < 0 || minor > 0xfffff)
    throw badLayer(`device ${shown(path)} has the number ${major}:${minor}`)
  return { major, minor }
}

const pathRecord = (pax: PaxRecords, key: string): string | undefined => {
  const value = pax.get(key)
  return value && decodePath(value)
}

const numberRecord = (pax: PaxRecords, key: string, limit: number): number | undefined => {
  const text = pax.get(key)?.toString('latin1')
  if (text === undefined) return undefined
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : -1
  if (value < 0 || value > limit) throw badLayer(`PAX record ${key}=${shown(text)}`)
  return value
}

/** `SECONDS[.FRACTION]`, may be negative; seconds are rounded down, the rest is nanoseconds. */
const timeRecord = (pax: PaxRecords): { readonly mtime: number; readonly mtimeNsec: number } | undefined => {
  const text = pax.get('mtime')?.toString('latin1')
  if (text === undefined) return undefined
  const match = /^(-?)([0-9]{1,15})(?:\.([0-9]*))?$/.exec(text)
  if (!match) throw badLayer(`PAX record mtime=${shown(text)}`)
  const seconds = Number(match[2])
  const nanoseconds = Number((match[3] ?? '').slice(0, 9).padEnd(9, '0'))
  if (match[1] === '') return { mtime: seconds, mtimeNsec: nanoseconds }
  return nanoseconds === 0
    ? { mtime: 0 - seconds, mtimeNsec: 0 }
    : { mtime: -seconds - 1, mtimeNsec: 1_000_000_000 - nanoseconds }
}

const xattrsOf = (pax: PaxRecords): ReadonlyMap<string, Uint8Array> | undefined => {
  let xattrs: Map<string, Uint8Array> | undefined
  for (const [key, value] of pax) {
    if (!key.startsWith(xattrPrefix)) continue
    const name = decodeXattrKey(key)
    if (!belongsInLayer(name)) continue
    if (name.includes('\0') || name.length > 255) throw badLayer(`xattr name ${shown(name)}`)
    xattrs ??= new Map()
    xattrs.set(name, value)
  }
  return xattrs
}

const flagText = (flag: number): string =>
  flag === typeFlag.gnuSparse ? '"S" (GNU sparse file)' : JSON.stringify(String.fromCharCode(flag))
