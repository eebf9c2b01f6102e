import { randomBytes } from 'node:crypto'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../foundation/errors/index.ts'
import type { FileContent } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import {
  createTarParser,
  decompress,
  detectCompression,
  isTarHeader,
  LayerError,
  startOf,
  type TarMember,
  tarBlockSize,
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
 * Opens a tar archive, plain or in any compression that docker knows. What it is, is told by its bytes alone: undefined for
 * anything that does not begin with a tar header. `shown` is for messages. Throws `bad-archive`, `unsupported-archive`.
 */
export const openArchive = async (
  source: FileContent,
  shown: string,
  tempRoot: HostPath,
): Promise<OpenArchive | undefined> => {
  let target: HostPath | undefined
  const dispose = (): void => {
    if (target !== undefined) rmSync(target, { force: true })
  }
  try {
    if (!(await beginsWithHeader(source))) return undefined
    const isPlain = source.kind === 'range' && detectCompression(startOf(source)) === 'none'
    if (!isPlain) target = join(tempRoot, `archive-${randomBytes(8).toString('hex')}.tar`)
    const members = await readMembers(source, target)
    const { path, offset: start } = isPlain ? source : { path: target ?? '', offset: 0 }
    return {
      members,
      dispose,
      contentOf: (offset, size) => ({ kind: 'range', path, offset: start + offset, size }),
    }
  } catch (error) {
    dispose()
    if (!(error instanceof LayerError)) throw error
    throw error.code === 'bad-layer' ? badArchive(shown, error.message, error) : unsupported(shown, error)
  }
}

export const badArchive = (shown: string, reason: string, cause?: unknown): AppError =>
  new AppError('bad-archive', `unpack ${JSON.stringify(shown)}: ${reason}`, {
    hint: 'use COPY to copy the archive as it is',
    cause,
  })

/** Damaged data before the first header is no archive but some file. */
const beginsWithHeader = async (source: FileContent): Promise<boolean> => {
  let start: Uint8Array = new Uint8Array()
  try {
    for await (const chunk of decompress(source)) {
      start = start.length === 0 ? chunk : Buffer.concat([start, chunk])
      if (start.length >= tarBlockSize) return isTarHeader(start)
    }
  } catch (error) {
    if (!(error instanceof LayerError) || error.code !== 'bad-layer') throw error
  }
  return false
}

/** Parses the archive up to its end mark; with `target`, writes it there uncompressed. */
const readMembers = async (
  source: FileContent,
  target: HostPath | undefined,
): Promise<readonly TarMember[]> => {
  const members: TarMember[] = []
  const parser = createTarParser({ member: (member) => members.push(member) })
  const fd = target === undefined ? undefined : openSync(target, 'wx', 0o600)
  try {
    for await (const chunk of decompress(source, { maxOutput: maxUnpacked })) {
      parser.push(chunk)
      if (fd !== undefined) for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done)
      if (parser.isAtEnd()) return members
    }
    parser.end()
    return members
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

const unsupported = (shown: string, cause: LayerError): AppError =>
  new AppError('unsupported-archive', `unpack ${JSON.stringify(shown)}: ${cause.message}`, {
    exitCode: cause.exitCode,
    hint: cause.hint ?? 'use COPY to copy the archive as it is',
    cause,
  })
