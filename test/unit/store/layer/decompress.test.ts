import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import zlib from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { type DecompressOptions, decompress, detectCompression } from '../../../../src/store/layer/index.ts'

const directory = mkdtempSync(join(tmpdir(), 'tsbuild-decompress-'))
afterAll(() => rmSync(directory, { recursive: true }))

const run = async (bytes: Uint8Array, options: DecompressOptions = {}): Promise<Buffer> => {
  const path = join(directory, 'blob')
  writeFileSync(path, bytes)
  const chunks: Buffer[] = []
  for await (const chunk of decompress(path, options)) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

const text = Buffer.from('layer '.repeat(100_000))
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0])
const hasZstd = 'createZstdDecompress' in zlib

describe('decompress', () => {
  it('tells compressions apart by their first bytes', () => {
    expect(detectCompression(zlib.gzipSync('x'))).toBe('gzip')
    expect(detectCompression(zstdMagic)).toBe('zstd')
    expect(detectCompression(Buffer.from('plain'))).toBe('none')
    expect(detectCompression(Buffer.alloc(0))).toBe('none')
  })

  it.each([
    ['plain', text],
    ['gzip', zlib.gzipSync(text)],
    [
      'gzip in several members',
      Buffer.concat([zlib.gzipSync(text.subarray(0, 1000)), zlib.gzipSync(text.subarray(1000))]),
    ],
  ])('reads %s', async (_, bytes) => expect((await run(bytes)).equals(text)).toBe(true))

  it('reads an empty file', async () => expect(await run(Buffer.alloc(0))).toHaveLength(0))

  it.each([
    ['cut', zlib.gzipSync(text).subarray(0, 300)],
    ['damaged', Buffer.from(zlib.gzipSync(text)).fill(0xaa, 40, 300)],
  ])('refuses %s gzip data', async (_, bytes) => {
    await expect(run(bytes)).rejects.toMatchObject({ code: 'bad-layer' })
  })

  it('stops at the size limit', async () => {
    await expect(run(zlib.gzipSync(text), { maxOutput: 1000 })).rejects.toMatchObject({
      code: 'layer-too-large',
    })
    await expect(run(text, { maxOutput: 1000 })).rejects.toMatchObject({ code: 'layer-too-large' })
  })

  it('stops a bomb by its ratio, early', async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(200 * 1024 * 1024), { level: 9 })
    await expect(run(bomb, { maxRatio: 100 })).rejects.toMatchObject({ code: 'layer-too-large' })
  })

  it.skipIf(hasZstd)('says what to do about zstd', async () => {
    await expect(run(zstdMagic)).rejects.toMatchObject({ code: 'zstd-unsupported' })
  })

  it('reports a missing file', async () => {
    const missing = decompress(join(directory, 'missing')).next()
    await expect(missing).rejects.toMatchObject({ code: 'layer-io', exitCode: 74 })
  })

  it('can be given up', async () => {
    await expect(run(text, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
  })
})
