import { closeSync, readSync } from 'node:fs'
import type { FileContent } from '../../foundation/filetree/index.ts'
import { createHasher, type DiffId, digestFrom, parseDiffId } from '../../foundation/oci/index.ts'
import { openRegular } from './content-source.ts'
import { LayerError } from './layer-error.ts'
import { blockSize, paddingOf, typeFlag, writeHeader } from './tar-header.ts'
import { encodeMember, type Member } from './tar-member.ts'
import { encodePax, type PaxRecords } from './tar-pax.ts'

/** Receives the tar as it grows. The chunk is a view of a reused buffer: use it before returning. */
export type TarSink = (chunk: Uint8Array) => void

export interface TarOutput {
  /** Bytes so far. */
  position(): number
  /** Header blocks, with a PAX header before them if needed. */
  member(member: Member): void
  /** A file's bytes and their padding; `seen` gets the bytes too. */
  content(content: FileContent, size: number, seen?: TarSink): void
  /** Bytes of another tar as they are. */
  run(source: FileRange): void
  finish(): { readonly diffId: DiffId; readonly size: number }
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
    writeHeader(buffer, used, paxNames, { ...paxHeader, size: body.length })
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

  const range = (source: FileRange, size: number, seen?: TarSink): void => {
    const fd = openRegular(source.path)
    try {
      let at = source.offset
      for (let left = size; left > 0; ) {
        if (used === capacity) flush()
        const count = readSync(fd, buffer, used, Math.min(left, capacity - used), at)
        if (count === 0) throw shorter(source.path, size, size - left)
        seen?.(buffer.subarray(used, used + count))
        used += count
        at += count
        left -= count
      }
    } finally {
      closeSync(fd)
    }
  }

  const content = (source: FileContent, size: number, seen?: TarSink): void => {
    if (source.kind === 'bytes') {
      if (source.bytes.length !== size) throw shorter('bytes', size, source.bytes.length)
      bytes(source.bytes)
      seen?.(source.bytes)
    } else {
      range(source, size, seen)
    }
    zeros(paddingOf(size))
  }

  const finish = (): { readonly diffId: DiffId; readonly size: number } => {
    zeros(2 * blockSize)
    flush()
    spare = buffer
    return { diffId: parseDiffId(digestFrom(hasher)), size: flushed }
  }

  const run = (source: FileRange): void => range(source, source.size)

  return { position: () => flushed + used, member, content, run, finish }
}

type FileRange = Extract<FileContent, { readonly kind: 'range' }>

const paxNames = { name: 'PaxHeaders', prefix: '', link: '' } as const

const paxHeader = {
  type: typeFlag.pax,
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 0,
  major: 0,
  minor: 0,
} as const

const shorter = (what: string, expected: number, found: number): LayerError =>
  new LayerError('file-changed', `read ${what}: expected ${expected} bytes, found ${found}`, {
    hint: 'the file changed while it was read; try again',
  })
