import type { EntryType } from '../../foundation/filetree/index.ts'

/** Parts of an entry's name: relative, without `.`; a text is why it is refused. */
export const parseZipName = (name: string): readonly string[] | { readonly problem: string } => {
  if (/[\0\\]/.test(name)) return { problem: 'has a backslash or a NUL character' }
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return { problem: 'is absolute' }
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) return { problem: 'climbs out with ..' }
  if (parts.some((part) => Buffer.byteLength(part) > 255) || Buffer.byteLength(name) > 4095)
    return { problem: 'is too long' }
  return parts
}

export interface ZipAttributes {
  readonly type: EntryType
  readonly mode: number
}

const kinds: ReadonlyMap<number, EntryType> = new Map([
  [0o100000, 'file'],
  [0o040000, 'directory'],
  [0o120000, 'symlink'],
])

/** Systems whose programs write Unix modes (APPNOTE.TXT, 4.4.2.2). */
const unix = 3
const darwin = 19

/** Undefined for devices, sockets and the like. */
export const zipAttributes = (entry: {
  readonly directory: boolean
  readonly versionMadeBy: number
  readonly externalFileAttributes: number
}): ZipAttributes | undefined => {
  const system = entry.versionMadeBy >> 8
  const bits = system === unix || system === darwin ? entry.externalFileAttributes >>> 16 : 0
  const plain: EntryType = entry.directory ? 'directory' : 'file'
  const kind = bits & 0o170000
  const type = kind === 0 ? plain : kinds.get(kind)
  if (type === undefined || (type === 'directory') !== entry.directory) return undefined
  const mode = bits & 0o7777
  return { type, mode: type === 'symlink' ? 0o777 : mode || (type === 'directory' ? 0o755 : 0o644) }
}

/** Seconds since the epoch of a DOS date and time (4.4.6), taken as UTC: the same on every machine. */
export const dosTime = (raw: number): number => {
  const date = raw >>> 16
  const time = raw & 0xffff
  const milliseconds = Date.UTC(
    1980 + (date >> 9),
    ((date >> 5) & 15) - 1,
    date & 31,
    time >> 11,
    (time >> 5) & 63,
    (time & 31) * 2,
  )
  return Math.floor(milliseconds / 1000)
}
