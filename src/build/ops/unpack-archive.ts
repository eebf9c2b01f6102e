import { randomBytes } from 'node:crypto'
import { closeSync, constants, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { FileContent } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import {
  createTarParser,
  decompress,
  detectCompression,
  LayerError,
  type TarMember,
} from '../../store/layer/index.ts'

/** An archive whose members can be read at any time until `dispose`. */
export interface OpenArchive {
  /** In the archive's order. */
  readonly members: readonly TarMember[]
  contentOf(offset: number, size: number): FileContent
  dispose(): void
}

/** Bytes that one archive may unpack to. */
const maxUnpacked = 64 * 2 ** 30

/**
 * Opens a tar archive: plain, gzip, or zstd where Node can. What it is, is told by its bytes alone, as docker does.
 * Undefined for anything that does not begin with a tar header. `shown` is for messages. Throws `bad-archive`,
 * `unsupported-archive`.
 */
export const openArchive = async (
  file: HostPath,
  shown: string,
  tempRoot: HostPath,
): Promise<OpenArchive | undefined> => {
  const start = firstBytes(file)
  refuseForeign(start, shown)
  if (!(await beginsWithMember(file, shown))) return undefined
  const plain = detectCompression(start) === 'none'
  const target = plain ? undefined : join(tempRoot, `archive-${randomBytes(8).toString('hex')}.tar`)
  const dispose = (): void => {
    if (target !== undefined) rmSync(target, { force: true })
  }
  try {
    const members = await readMembers(file, target)
    const path = target ?? file
    return { members, dispose, contentOf: (offset, size) => ({ kind: 'range', path, offset, size }) }
  } catch (error) {
    dispose()
    throw error instanceof LayerError ? badArchive(shown, error.message, error) : error
  }
}

export const badArchive = (shown: string, reason: string, cause?: unknown): AppError =>
  new AppError('bad-archive', `unpack ${JSON.stringify(shown)}: ${reason}`, {
    hint: 'use COPY to copy the archive as it is',
    cause,
  })

/** Reads no further than to the first member. Errors before it mean that this is no archive. */
const beginsWithMember = async (file: HostPath, shown: string): Promise<boolean> => {
  let found = false
  const parser = createTarParser({
    member: () => {
      found = true
    },
  })
  try {
    for await (const chunk of decompress(file)) {
      parser.push(chunk)
      if (found) break
    }
  } catch (error) {
    if (!(error instanceof LayerError)) throw error
  }
  return found
}

/** Parses the whole archive; with `target`, writes it there uncompressed. */
const readMembers = async (file: HostPath, target: HostPath | undefined): Promise<readonly TarMember[]> => {
  const members: TarMember[] = []
  const parser = createTarParser({ member: (member) => members.push(member) })
  const fd = target === undefined ? undefined : openSync(target, 'wx', 0o600)
  try {
    for await (const chunk of decompress(file, { maxOutput: maxUnpacked })) {
      parser.push(chunk)
      if (fd !== undefined) for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done)
    }
    parser.end()
    return members
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

const firstBytes = (file: HostPath): Uint8Array => {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const start = Buffer.alloc(6)
    return start.subarray(0, readSync(fd, start, 0, start.length, 0))
  } finally {
    closeSync(fd)
  }
}

/** Docker unpacks these with programs of the host, when it has them. We say so instead of copying the file in silence. */
const refuseForeign = (start: Uint8Array, shown: string): void => {
  const hex = Buffer.from(start).toString('hex')
  if (hex === 'fd377a585a00') throw unsupported(shown, 'xz')
  if (hex.startsWith('425a68')) throw unsupported(shown, 'bzip2')
}

const unsupported = (shown: string, compression: string, cause?: unknown): AppError =>
  new AppError(
    'unsupported-archive',
    `add ${JSON.stringify(shown)}: ${compression} archives cannot be unpacked here`,
    {
      exitCode: exitCode.failed,
      hint: 'compress it with gzip, or copy it as it is with COPY and unpack it in a RUN',
      cause,
    },
  )
