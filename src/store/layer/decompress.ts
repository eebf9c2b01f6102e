import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { pipeline, type Transform } from 'node:stream'
import zlib from 'node:zlib'
import { AppError, errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { badLayer, LayerError, layerIo } from './layer-error.ts'
import type { Compression, DecompressOptions } from './types.ts'

const chunkSize = 256 * 1024
/** Below this much output the ratio means nothing. */
const ratioFloor = 64 * 1024 * 1024

/** Told by the first bytes: gzip (RFC 1952), zstd (RFC 8878, skippable frames too), else none. */
export const detectCompression = (start: Uint8Array): Compression => {
  const [a, b, c, d] = start
  if (a === 0x1f && b === 0x8b) return 'gzip'
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd'
  if (a !== undefined && (a & 0xf0) === 0x50 && b === 0x2a && c === 0x4d && d === 0x18) return 'zstd'
  return 'none'
}

/**
 * Uncompressed bytes of a file. Throws `bad-layer` for damaged data, `layer-too-large` beyond the limits,
 * `zstd-unsupported` where Node has no zstd. Memory use does not depend on the data.
 */
export async function* decompress(
  path: HostPath,
  options: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const compression = detectCompression(firstBytes(path))
  const source = createReadStream(path, { highWaterMark: chunkSize })
  const maxRatio = options.maxRatio ?? 2000
  const output = compression === 'none' ? source : pipeline(source, decoder(compression), () => {})
  let total = 0
  try {
    for await (const chunk of output) {
      options.signal?.throwIfAborted()
      const bytes: Uint8Array = chunk
      total += bytes.length
      if (options.maxOutput !== undefined && total > options.maxOutput)
        throw tooLarge(`more than ${options.maxOutput} bytes`)
      if (total > ratioFloor && total > maxRatio * source.bytesRead)
        throw tooLarge(`more than ${maxRatio} bytes out of one`)
      yield bytes
    }
  } catch (error) {
    throw readable(error, path)
  } finally {
    source.destroy()
  }
}

const firstBytes = (path: HostPath): Uint8Array => {
  const start = Buffer.alloc(4)
  try {
    const fd = openSync(path, 'r')
    try {
      return start.subarray(0, readSync(fd, start, 0, 4, 0))
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    throw layerIo(`open layer ${path}`, error)
  }
}

const decoder = (compression: 'gzip' | 'zstd'): Transform => {
  if (compression === 'gzip') return zlib.createGunzip({ chunkSize })
  // In Node from 22.15 on; older type declarations do not know it.
  const create: unknown = Reflect.get(zlib, 'createZstdDecompress')
  if (typeof create === 'function') return create({ chunkSize })
  throw new LayerError('zstd-unsupported', 'decompress layer: this Node cannot read zstd', {
    hint: 'use Node 22.15 or newer, or push the image with gzip layers',
  })
}

const tooLarge = (found: string): LayerError =>
  new LayerError('layer-too-large', `decompress layer: expected no ${found}`, {
    hint: 'the archive may be a decompression bomb',
  })

const readable = (error: unknown, path: HostPath): unknown => {
  if (error instanceof AppError || (error instanceof Error && error.name === 'AbortError')) return error
  const code = errnoOf(error) ?? ''
  return /^(Z_|ZSTD_|ERR_ZLIB)/.test(code)
    ? badLayer(`compressed data is damaged (${code})`, { cause: error })
    : layerIo(`read layer ${path}`, error)
}
