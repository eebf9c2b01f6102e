import { badLayer } from './layer-error.ts'
import { decodeMember, type Overrides } from './tar-decode.ts'
import { isZeroBlock, parseHeader, type RawHeader, textField } from './tar-fields.ts'
import { blockSize, paddingOf, typeFlag } from './tar-header.ts'
import { type PaxRecords, parsePax } from './tar-pax.ts'
import type { TarLimits, TarParser, TarVisitor } from './types.ts'

/** What the next bytes are. */
type State =
  | { readonly kind: 'header' }
  | Extension
  | Content
  /** Bytes of no interest. */
  | Padding
  | { readonly kind: 'end' }

/** Body of a PAX or GNU header that speaks about the next member. */
interface Extension {
  readonly kind: 'extension'
  readonly type: number
  readonly body: Buffer
  filled: number
}

interface Content {
  readonly kind: 'content'
  left: number
  readonly padding: number
}

interface Padding {
  readonly kind: 'padding'
  left: number
}

/**
 * Reads layer tars: ustar, PAX, GNU, v7. Every name and number is checked before the visitor sees it; what is malformed,
 * sparse, of unknown type or beyond the limits throws `bad-layer`. Memory is bounded by the limits.
 */
export const createTarParser = (visitor: TarVisitor, limits: TarLimits = {}): TarParser => {
  const readHeader = createHeaderReader(visitor, limits)
  const partial = Buffer.alloc(blockSize)
  let partialSize = 0
  let state: State = header
  let position = 0

  /** Collects a block over chunk borders; the bytes taken. */
  const takeHeader = (chunk: Buffer, at: number): number => {
    if (partialSize === 0 && chunk.length - at >= blockSize) {
      state = readHeader.block(chunk, at, position + blockSize)
      return blockSize
    }
    const count = chunk.copy(partial, partialSize, at, at + blockSize - partialSize)
    partialSize += count
    if (partialSize === blockSize) {
      partialSize = 0
      state = readHeader.block(partial, 0, position + count)
    }
    return count
  }

  const takeExtension = (now: Extension, chunk: Buffer, at: number): number => {
    const count = chunk.copy(now.body, now.filled, at)
    now.filled += count
    if (now.filled === now.body.length) {
      readHeader.extension(now.type, now.body)
      state = discard(paddingOf(now.body.length))
    }
    return count
  }

  const passContent = (now: Content, count: number): number => {
    now.left -= count
    if (now.left === 0) {
      visitor.contentEnd?.()
      state = discard(now.padding)
    }
    return count
  }

  const passPadding = (now: Padding, count: number): number => {
    now.left -= count
    if (now.left === 0) state = header
    return count
  }

  const take = (chunk: Buffer, at: number): number => {
    switch (state.kind) {
      case 'header':
        return takeHeader(chunk, at)
      case 'extension':
        return takeExtension(state, chunk, at)
      case 'content': {
        const count = Math.min(state.left, chunk.length - at)
        visitor.content?.(chunk.subarray(at, at + count))
        return passContent(state, count)
      }
      case 'padding':
        return passPadding(state, Math.min(state.left, chunk.length - at))
      case 'end':
        return chunk.length - at
    }
  }

  return {
    push: (chunk) => {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
      for (let at = 0; at < bytes.length; ) {
        const count = take(bytes, at)
        at += count
        position += count
      }
    },
    isAtEnd: () => state.kind === 'end',
    skippable: () => (state.kind === 'content' && !visitor.content ? state.left : 0),
    skip: (bytes) => {
      if (state.kind === 'content') position += passContent(state, bytes)
    },
    end: () => {
      // Some writers leave out the padding of the last member, and readers do not ask for it.
      const isBetweenMembers = partialSize === 0 && ['end', 'header', 'padding'].includes(state.kind)
      if (!isBetweenMembers || readHeader.isPending()) throw badLayer('the archive is cut off')
    },
  }
}

const header: State = { kind: 'header' }

const discard = (left: number): State => (left > 0 ? { kind: 'padding', left } : header)

interface HeaderReader {
  /** One header block; content starts at `offset`. What comes next. */
  block(block: Buffer, at: number, offset: number): State
  /** The whole body of an extended header. */
  extension(type: number, body: Buffer): void
  /** Extended headers wait for their member. */
  isPending(): boolean
}

const createHeaderReader = (visitor: TarVisitor, limits: TarLimits): HeaderReader => {
  const maxEntries = limits.maxEntries ?? 4_000_000
  const maxPath = limits.maxPath ?? 4095
  const maxPax = limits.maxPax ?? 1024 * 1024
  let headers = 0
  let zeroBlocks = 0
  let before: Overrides = nothing

  const extensionOf = (raw: RawHeader): State => {
    const isPax = raw.type === typeFlag.pax || raw.type === typeFlag.global
    if (raw.size < 0 || raw.size > (isPax ? maxPax : maxPath + 1))
      throw badLayer(`extended header of ${raw.size} bytes`)
    if (raw.size === 0) return header
    return { kind: 'extension', type: raw.type, body: Buffer.allocUnsafe(raw.size), filled: 0 }
  }

  const block = (bytes: Buffer, at: number, offset: number): State => {
    if (isZeroBlock(bytes, at)) return ++zeroBlocks === 2 ? { kind: 'end' } : header
    if (zeroBlocks > 0) throw badLayer('header after the end of the archive')
    if (++headers > maxEntries) throw badLayer(`more than ${maxEntries} members`)
    const raw = parseHeader(bytes, at)
    if (extensions.has(raw.type)) return extensionOf(raw)
    const { member, size } = decodeMember(raw, before, offset, maxPath)
    before = nothing
    visitor.member(member)
    if (member.kind !== 'add' || member.entry.type !== 'file') return discard(size + paddingOf(size))
    if (size > 0) return { kind: 'content', left: size, padding: paddingOf(size) }
    if (member.entry.hardlink === undefined) visitor.contentEnd?.()
    return header
  }

  const extension = (type: number, body: Buffer): void => {
    if (type === typeFlag.gnuLongName) before = { ...before, longName: textField(body, 0, body.length) }
    else if (type === typeFlag.gnuLongLink) before = { ...before, longLink: textField(body, 0, body.length) }
    else if (type === typeFlag.pax) before = { ...before, pax: extendedRecords(body, before.pax) }
    else refuseGlobal(body)
  }

  return { block, extension, isPending: () => before !== nothing }
}

const nothing: Overrides = { pax: new Map(), longName: undefined, longLink: undefined }

const extensions: ReadonlySet<number> = new Set([
  typeFlag.pax,
  typeFlag.global,
  typeFlag.gnuLongName,
  typeFlag.gnuLongLink,
])

const extendedRecords = (body: Buffer, earlier: PaxRecords): PaxRecords => {
  const records = new Map(earlier)
  parsePax(body, records)
  for (const key of records.keys()) if (key.startsWith('GNU.sparse.')) throw badLayer('sparse file (PAX)')
  return records
}

/**
 * Global records are comments in practice, and docker ignores them; one that would change what members are is refused,
 * since readers would differ.
 */
const refuseGlobal = (body: Buffer): void => {
  const records: PaxRecords = new Map()
  parsePax(body, records)
  for (const key of records.keys())
    if (/^(path|linkpath|size|GNU\.sparse\..*|SCHILY\.xattr\..*)$/.test(key))
      throw badLayer(`global PAX record ${key}`)
}
