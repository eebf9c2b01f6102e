import { encodePath, type FileContent, parentOf } from '../../foundation/filetree/index.ts'
import { type HeaderFields, type HeaderNames, maxOctal7, maxOctal11 } from './tar-header.ts'

/** The list by which the helper writes a tar (native/fsops_pack.c), handed out in pieces. */
export interface PackList {
  header(names: HeaderNames, fields: HeaderFields): void
  bytes(data: Uint8Array): void
  /** Unwritten: it counts, and goes nowhere; a whole number of blocks. */
  content(range: Range & { readonly wantsDigest: boolean; readonly isUnwritten?: boolean }): void
  end(): void
}

type Range = Extract<FileContent, { readonly kind: 'range' }>

const pieceSize = 64 << 10
/** Bytes of contents that are listed before the helper is told of them: it reads while the list goes on. */
const enoughToRead = 1 << 20
/** More than a header's or a content's operation takes. */
const largest = 512

const code = { header: 0x68, bytes: 0x62, directory: 0x64, content: 0x63, end: 0x65 } as const

export const createPackList = (send: (piece: Uint8Array) => void): PackList => {
  let piece = Buffer.allocUnsafeSlow(pieceSize)
  let sent = 0
  let used = 0
  let unread = 0
  let directory: string | undefined

  const sendOn = (): void => {
    if (used > sent) send(piece.subarray(sent, used))
    sent = used
    unread = 0
  }
  const flush = (): void => {
    sendOn()
    piece = Buffer.allocUnsafeSlow(pieceSize)
    sent = 0
    used = 0
  }
  const reserve = (size: number): void => {
    if (used + size > pieceSize) flush()
  }
  const u32 = (value: number): void => {
    used = piece.writeUInt32LE(value, used)
  }
  const u64 = (value: number): void => {
    u32(value % 2 ** 32)
    u32(Math.floor(value / 2 ** 32))
  }
  const latin1 = (text: string): void => {
    for (let i = 0; i < text.length; i++) piece[used++] = text.charCodeAt(i)
  }
  const enter = (path: string): void => {
    const encoded = encodePath(path === '' ? '/' : path)
    reserve(3 + encoded.length)
    piece[used++] = code.directory
    used = piece.writeUInt16LE(encoded.length, used)
    used += encoded.copy(piece, used)
    directory = path
  }
  /** What begins at character `from` of a path, behind its length. ASCII, as most names are, takes no buffer of its own. */
  const name = (path: string, from: number): void => {
    const start = used + 2
    for (let i = from; i < path.length; i++) {
      const character = path.charCodeAt(i)
      if (character > 0x7f) {
        const encoded = encodePath(path.slice(from))
        used = piece.writeUInt16LE(encoded.length, used)
        used += encoded.copy(piece, used)
        return
      }
      piece[start + i - from] = character
    }
    used = piece.writeUInt16LE(path.length - from, used) + path.length - from
  }
  const bytes = (data: Uint8Array): void => {
    if (data.length === 0) return
    reserve(largest)
    piece[used++] = code.bytes
    u32(data.length)
    for (let done = 0; done < data.length; ) {
      if (used === pieceSize) flush()
      const part = data.subarray(done, done + pieceSize - used)
      piece.set(part, used)
      used += part.length
      done += part.length
    }
  }
  return {
    bytes,
    header(names, fields) {
      reserve(largest)
      piece[used++] = code.header
      piece[used++] = fields.type
      u32(fields.mode)
      u32(fitting(fields.uid, maxOctal7))
      u32(fitting(fields.gid, maxOctal7))
      u32(fields.major)
      u32(fields.minor)
      u64(fitting(fields.size, maxOctal11))
      u64(fitting(fields.mtime, maxOctal11))
      piece[used++] = names.name.length
      piece[used++] = names.prefix.length
      piece[used++] = names.link.length
      latin1(names.name)
      latin1(names.prefix)
      latin1(names.link)
    },
    content({ path, offset, size, wantsDigest, isUnwritten = false }) {
      const slash = path.lastIndexOf('/')
      if (!isIn(path, slash, directory)) enter(parentOf(path))
      reserve(largest)
      piece[used++] = code.content
      piece[used++] = isUnwritten ? 2 : wantsDigest ? 1 : 0
      u64(offset)
      u64(size)
      name(path, slash + 1)
      unread += size
      if (unread >= enoughToRead) sendOn()
    },
    end() {
      reserve(1)
      piece[used++] = code.end
      sendOn()
    },
  }
}

/** Directly: what stands before the last slash is the directory. Makes no string. */
const isIn = (path: string, slash: number, directory: string | undefined): boolean =>
  directory !== undefined && slash === directory.length && path.startsWith(directory)

/** As `writeHeader`: what does not fit is said by a PAX record. */
const fitting = (value: number, limit: number): number => (value >= 0 && value <= limit ? value : 0)
