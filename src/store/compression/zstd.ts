import { Readable, type Transform } from 'node:stream'
import zlib from 'node:zlib'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { Blocks, CompressedSink } from './types.ts'

/** Writes one zstd frame with its checksum. Throws `zstd-unavailable` where Node has none. */
export const writeZstd = async (
  blocks: Blocks,
  level: number,
  write: CompressedSink,
  signal?: AbortSignal,
): Promise<void> => {
  const output = Readable.from(blocks, { objectMode: true }).pipe(createEncoder(level))
  for await (const chunk of output) {
    signal?.throwIfAborted()
    if (chunk instanceof Uint8Array) write(chunk)
  }
}

/** Can this Node write zstd? From 22.15 on. */
export const hasZstd = (): boolean => typeof Reflect.get(zlib, 'createZstdCompress') === 'function'

const createEncoder = (level: number): Transform => {
  // Older type declarations do not know it.
  const create: unknown = Reflect.get(zlib, 'createZstdCompress')
  if (typeof create !== 'function') {
    throw new AppError(
      'zstd-unavailable',
      `compress with zstd: Node ${process.versions.node} has no zstd, expected 22.15 or later`,
      { exitCode: exitCode.usage, hint: 'use gzip, or run this program with a newer Node' },
    )
  }
  return create({ params: { [compressionLevel]: level, [checksumFlag]: 1 } })
}

/** ZSTD_c_compressionLevel and ZSTD_c_checksumFlag of zstd's stable interface. */
const compressionLevel = 100
const checksumFlag = 201
