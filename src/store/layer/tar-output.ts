import { closeSync, readSync } from 'node:fs'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { ContentProblem, FileContent } from '../../foundation/filetree/index.ts'
import { createHasher, type DiffId, digestFrom, parseDiffId } from '../../foundation/oci/index.ts'
import { type AskedDigest, answer, refusalOf, shortContent } from './asked-digest.ts'
import { openRegular } from './content-source.ts'
import { LayerError } from './layer-error.ts'
import { blockSize, paddingOf, writeHeader } from './tar-header.ts'
import { encodeMember, type Member } from './tar-member.ts'
import { encodePax, type PaxRecords, paxFields, paxNames } from './tar-pax.ts'
import type { TarPart } from './types.ts'

/** Receives the tar as it grows. The chunk is a view of a reused buffer: use it before returning. */
export type TarSink = (chunk: Uint8Array) => void

export interface TarOutput extends TarBody {
  finish(): { readonly diffId: DiffId; readonly size: number }
}

export interface TarBody {
  /** Bytes so far. */
  position(): number
  /** Header blocks, with a PAX header before them if needed. */
  member(member: Member): void
  /** A file's bytes and their padding. */
  content(content: FileContent, size: number, asked?: AskedDigest): void
  /** Bytes of another tar as they are. */
  run(part: TarPart): void
}

const capacity = 2 * 1024 * 1024

/** Of a tar that is finished, for the next one: a build of many steps writes many small tars. */
let spare: Buffer | undefined

/** Tar blocks through one buffer, read into directly, hashed and handed out when full. */
export const createTarOutput = (out: TarSink | undefined): TarOutput => {
  const buffer = spare ?? Buffer.allocUnsafeSlow(capacity)
  spare = undefined
  const hasher = createHasher()
  let used = 0
  let flushed = 0

  const flush = (): void => {
    const chunk = buffer.subarray(0, used)
    hasher.update(chunk)
    out?.(chunk)
    flushed += used
    used = 0
  }

  const zeros = (count: number): void => {
    if (used + count > capacity) flush()
    buffer.fill(0, used, used + count)
    used += count
  }

  const bytes = (source: Uint8Array): void => {
    for (let done = 0; done < source.length; ) {
      if (used === capacity) flush()
      const part = source.subarray(done, done + capacity - used)
      buffer.set(part, used)
      used += part.length
      done += part.length
    }
  }

  const extended = (records: PaxRecords): void => {
    const body = encodePax(records)
    if (used + blockSize > capacity) flush()
    writeHeader(buffer, used, paxNames, paxFields(body.length))
    used += blockSize
    bytes(body)
    zeros(paddingOf(body.length))
  }

  const member = (fields: Member): void => {
    const { names, pax } = encodeMember(fields)
    if (pax) extended(pax)
    if (used + blockSize > capacity) flush()
    writeHeader(buffer, used, names, fields)
    used += blockSize
  }

  const range = (source: FileRange, size: number, asked?: AskedDigest, seen?: TarSink): void => {
    const fd = watched(asked, () => openRegular(source.path))
    try {
      let at = source.offset
      for (let left = size; left > 0; ) {
        if (used === capacity) flush()
        const count = watched(asked, () => readSync(fd, buffer, used, Math.min(left, capacity - used), at))
        if (count === 0) throw shortContent(source.path, { expected: size, found: size - left }, asked)
        seen?.(buffer.subarray(used, used + count))
        used += count
        at += count
        left -= count
      }
    } finally {
      closeSync(fd)
    }
  }

  const content = (source: FileContent, size: number, asked?: AskedDigest): void => {
    const hash = asked && createHasher()
    if (source.kind === 'bytes') {
      const found = source.bytes.length
      if (found !== size) throw shortContent('bytes', { expected: size, found }, asked)
      bytes(source.bytes)
      hash?.update(source.bytes)
    } else if (size > 0) {
      range(source, size, asked, hash && ((chunk) => hash.update(chunk)))
    }
    zeros(paddingOf(size))
    if (hash) answer(asked, hash.digest('hex'))
  }

  const finish = (): { readonly diffId: DiffId; readonly size: number } => {
    zeros(2 * blockSize)
    flush()
    spare = buffer
    return { diffId: parseDiffId(digestFrom(hasher)), size: flushed }
  }

  const run = ({ path, offset, size }: TarPart): void => content({ kind: 'range', path, offset, size }, size)

  return { position: () => flushed + used, member, content, run, finish }
}

type FileRange = Extract<FileContent, { readonly kind: 'range' }>

/** What goes wrong with a file is told by its witness, if it has one. */
const watched = <T>(asked: AskedDigest | undefined, read: () => T): T => {
  try {
    return read()
  } catch (error) {
    throw asked === undefined ? error : refusalOf(asked, problemOf(error))
  }
}

const problemOf = (error: unknown): ContentProblem => {
  if (error instanceof LayerError && error.code === 'file-changed') return { kind: 'not-a-file' }
  const errno = errnoOf(error instanceof LayerError ? error.cause : error)
  return { kind: 'unreadable', errno: errno ?? String(error) }
}
