import { closeSync, readSync } from 'node:fs'
import { InternalError } from '../../foundation/errors/index.ts'
import type { FileContent } from '../../foundation/filetree/index.ts'
import { type PackedFile, type Packing, packFailure, startPacking } from '../../foundation/native/index.ts'
import { createHasher, type DiffId, parseDiffId } from '../../foundation/oci/index.ts'
import { type AskedDigest, answer, refusalOf, shortContent } from './asked-digest.ts'
import { openRegular } from './content-source.ts'
import { createExpectedDigests, type ExpectedDigest } from './expected-digests.ts'
import { contentRefused } from './layer-error.ts'
import { createPackList } from './pack-list.ts'
import { collectPieces } from './patch-pieces.ts'
import type { PatchPiece } from './patch-table.ts'
import { blockSize, paddingOf } from './tar-header.ts'
import { encodeMember } from './tar-member.ts'
import type { TarBody } from './tar-output.ts'
import { encodePax, paxFields, paxNames } from './tar-pax.ts'

/** The body of a tar that the helper writes, which reads the files as well. */
export interface PackedOutput extends TarBody, Pick<Packing, 'busy' | 'abort' | 'unref'> {
  finish(): Promise<PackedBody>
}

export interface PackedBody {
  readonly diffId: DiffId
  /** Bytes of the tar. */
  readonly size: number
  /** The gzip of it, where that is what was written. */
  readonly gzip?: PackedFile
  /** See `PackedTarResult`. */
  readonly pieces?: readonly PatchPiece[]
}

/**
 * @param out descriptor of the file that the tar goes to
 * @param gzip the level, where it goes there as gzip
 */
export const createPackedOutput = (out: number | undefined, gzip?: number): PackedOutput => {
  const expected = createExpectedDigests()
  const packing = startPacking({
    ...(out === undefined ? {} : { out }),
    ...(gzip === undefined ? {} : { gzip }),
    onDigest(digest) {
      const first = expected.take()
      if (first) answer(first, digest)
    },
  })
  const list = createPackList(packing.send)
  const pieces = collectPieces()
  let position = 0

  const bytes = (data: Uint8Array): void => {
    list.bytes(data)
    position += data.length
  }
  const readHere = (source: Range, size: number, asked?: AskedDigest): void => {
    const hash = createHasher()
    for (const chunk of chunksOf(source, size, asked)) {
      bytes(chunk)
      hash.update(chunk)
    }
    bytes(zeros.subarray(0, paddingOf(size)))
    if (asked) answer(asked, hash.digest('hex'))
  }
  const content = (source: FileContent, size: number, asked?: AskedDigest): void => {
    if (source.kind === 'bytes') {
      const found = source.bytes.length
      if (found !== size) throw shortContent('bytes', { expected: size, found }, asked)
      bytes(source.bytes)
      bytes(zeros.subarray(0, paddingOf(size)))
      if (asked) answer(asked, createHasher().update(source.bytes).digest('hex'))
      return
    }
    if (source.path.length > longPath) {
      readHere(source, size, asked)
      return
    }
    list.content({ ...source, size, wantsDigest: asked !== undefined })
    if (asked) expected.add(asked, size)
    position += size + paddingOf(size)
  }
  return {
    busy: packing.busy,
    abort: packing.abort,
    unref: packing.unref,
    position: () => position,
    member(fields) {
      const { names, pax } = encodeMember(fields)
      if (pax) {
        const body = encodePax(pax)
        list.header(paxNames, paxFields(body.length))
        bytes(body)
        bytes(zeros.subarray(0, paddingOf(body.length)))
        position += blockSize
      }
      list.header(names, fields)
      position += blockSize
    },
    content,
    run(part) {
      const isUnwritten = part.stays === true && part.path.length <= longPath
      if (!isUnwritten) return content({ kind: 'range', ...part }, part.size)
      list.content({ kind: 'range', ...part, wantsDigest: false, isUnwritten })
      pieces.stays(position, part)
      position += part.size
    },
    async finish() {
      bytes(zeros)
      list.end()
      const {
        digest,
        size,
        gzip: written,
      } = await packing.end().catch((error: unknown) => {
        throw fileError(error, expected.peek) ?? error
      })
      if (size !== position || expected.take() !== undefined)
        throw new InternalError(`the helper packed ${size} bytes, expected ${position}`)
      return {
        diffId: parseDiffId(`sha256:${digest}`),
        size,
        ...(written && { gzip: written }),
        ...pieces.end(size),
      }
    },
  }
}

/** The end of a tar, and all other zeros. */
const zeros = Buffer.alloc(2 * blockSize)

type Range = Extract<FileContent, { readonly kind: 'range' }>

/** Characters of a path from which on it may be longer than one system call takes (PATH_MAX). */
export const longPath = 1000

function* chunksOf(
  { path, offset }: Range,
  size: number,
  asked: AskedDigest | undefined,
): Generator<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(size, 1 << 20))
  const fd = openRegular(path)
  try {
    for (let done = 0; done < size; ) {
      const count = readSync(fd, buffer, 0, Math.min(buffer.length, size - done), offset + done)
      if (count === 0) throw shortContent(path, { expected: size, found: done }, asked)
      yield buffer.subarray(0, count)
      done += count
    }
  } finally {
    closeSync(fd)
  }
}

/** `at`: what is still expected; the helper counts from the first of all. */
const fileError = (error: unknown, at: (number: number) => ExpectedDigest | undefined): unknown => {
  const failure = packFailure(error)
  if (failure === undefined) return undefined
  const { number, problem, name } = failure
  const file = number < 0 ? undefined : at(number)
  const full = problem.kind === 'short' ? { ...problem, expected: file?.size ?? 0 } : problem
  return file === undefined ? contentRefused(name, full) : refusalOf(file.asked, full)
}
