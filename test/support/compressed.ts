import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { compressTar, defaultCompression, type LayerCompression } from '../../src/store/compression/index.ts'
import { decompressChunks } from '../../src/store/layer/index.ts'

export const mebibyte = 1024 * 1024

export const sha256 = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** A directory of its own for each test of the file that calls this. */
export const directoryOfEach = (): { readonly path: string } => {
  let path = ''
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'tsbuild-compress-'))
  })
  afterEach(() => rmSync(path, { recursive: true, force: true }))
  return {
    get path() {
      return path
    },
  }
}

/** Compresses a file of these bytes; what came out, and what is said of what was read. */
export const compressIn =
  (directory: { readonly path: string }) =>
  async (input: Uint8Array, how: LayerCompression = defaultCompression, name = 'in') => {
    const path = join(directory.path, name)
    writeFileSync(path, input)
    const chunks: Uint8Array[] = []
    const read = await compressTar(path, how, (chunk) => chunks.push(Uint8Array.from(chunk)))
    return { ...read, bytes: Buffer.concat(chunks) }
  }

/** Text that repeats over block borders, between noise that does not. */
export const mixed = (size: number): Buffer => {
  const pattern = Buffer.concat([
    randomBytes(5000),
    Buffer.from('the same words again and again '.repeat(300)),
  ])
  return Buffer.concat(Array.from({ length: Math.ceil(size / pattern.length) }, () => pattern)).subarray(
    0,
    size,
  )
}

/** Programs that read several members and frames, in pieces that end anywhere. */
export const decoded = async (bytes: Buffer, pieces: number): Promise<Buffer> => {
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += pieces) yield bytes.subarray(at, at + pieces)
  }
  const out: Uint8Array[] = []
  for await (const chunk of decompressChunks(chunks())) out.push(Uint8Array.from(chunk))
  return Buffer.concat(out)
}
