import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  compressTar,
  defaultCompression,
  formName,
  type LayerCompression,
  parseCompression,
} from '../../../../src/store/compression/index.ts'
import { decompressChunks } from '../../../../src/store/layer/index.ts'

let temp: string
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-compress-'))
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

const mebibyte = 1024 * 1024

const compress = async (input: Uint8Array, how: LayerCompression, name = 'in') => {
  const path = join(temp, name)
  writeFileSync(path, input)
  const chunks: Uint8Array[] = []
  const read = await compressTar(path, how, (chunk) => chunks.push(Uint8Array.from(chunk)))
  return { ...read, bytes: Buffer.concat(chunks) }
}

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** Text that repeats over block borders, between noise that does not. */
const mixed = (size: number): Buffer => {
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
const decoded = async (bytes: Buffer, pieces: number): Promise<Buffer> => {
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += pieces) yield bytes.subarray(at, at + pieces)
  }
  const out: Uint8Array[] = []
  for await (const chunk of decompressChunks(chunks())) out.push(Uint8Array.from(chunk))
  return Buffer.concat(out)
}

describe('gzip of level 0', () => {
  it.each([0, 1, 65_535, 65_536, mebibyte + 1])('gives %i bytes back', async (size) => {
    const input = mixed(size)
    const { bytes, diffId, size: read } = await compress(input, { kind: 'gzip', level: 0 })
    expect(gunzipSync(bytes).equals(input)).toBe(true)
    expect([diffId, read]).toEqual([sha256(input), size])
    expect([...bytes.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
  })
})

describe('the bytes', () => {
  /** Any change of these is a change of what people's images are called: then `formName` gets another number. */
  it.each([
    ['gzip', 0, 'sha256:65e4dc5f92a70e797078623aaed885da853c4085f1c6ddd5b86ee3e4afe32f50'],
    ['zstd', 1, 'sha256:fdd62bcfc21848460adf6ed1b7ec4e3c156af2393973f523ef8532f1137d2d83'],
    ['zstd', 3, 'sha256:bb05cd031b199426559840f9e696c98c0677aaa04e857132b9d2110fc8e02bcf'],
  ] as const)('of %s %i are the same on every machine and Node', async (kind, level, digest) => {
    const lines = Array.from({ length: 120_000 }, (_, i) => `${i} ${(i * 7919) % 10_007} of a line\n`)
    const { bytes } = await compress(Buffer.from(lines.join('')), { kind, level })
    expect(sha256(bytes)).toBe(digest)
  })
})

describe('zstd', () => {
  it.each([0, 1, 5 * mebibyte])('gives %i bytes back', async (size) => {
    const input = mixed(size)
    const { bytes, diffId } = await compress(input, { kind: 'zstd', level: 3 })
    expect(bytes.readUInt32LE()).toBe(0xfd2fb528)
    expect(diffId).toBe(sha256(input))
    expect((await decoded(bytes, 1000)).equals(input)).toBe(true)
  })
  it('of zeros stays below what readers here take for a bomb', async () => {
    const { bytes } = await compress(Buffer.alloc(8 * mebibyte), { kind: 'zstd', level: 9 })
    expect((8 * mebibyte) / bytes.length).toBeLessThan(50_000)
  })
  it('takes its least and its highest level, and what cannot be compressed', async () => {
    const input = Buffer.concat([randomBytes(200_000), mixed(100_000)])
    for (const level of [1, 19, 22]) {
      const { bytes } = await compress(input, { kind: 'zstd', level })
      expect((await decoded(bytes, 70_000)).equals(input)).toBe(true)
    }
  })
})

describe('none', () => {
  it('copies', async () => {
    const input = mixed(mebibyte + 3)
    const { bytes, diffId } = await compress(input, { kind: 'none', level: 0 })
    expect(bytes.equals(input)).toBe(true)
    expect(diffId).toBe(sha256(input))
  })
})

describe('parseCompression', () => {
  it('takes docker’s names', () => {
    expect(parseCompression()).toEqual(defaultCompression)
    expect(parseCompression('gzip', '9')).toEqual({ kind: 'gzip', level: 9 })
    expect(parseCompression('zstd')).toEqual({ kind: 'zstd', level: 3 })
    expect(parseCompression('uncompressed', '7')).toEqual({ kind: 'none', level: 0 })
    expect(formName(parseCompression('gzip', '0'))).toBe('4-gzip-0')
  })
  it.each([
    ['estargz', undefined],
    ['gzip', '10'],
    ['gzip', '-1'],
    ['gzip', 'fast'],
    ['zstd', '0'],
    ['zstd', '23'],
    ['__proto__', undefined],
  ])('refuses %s %s', (kind, level) => {
    expect(() => parseCompression(kind, level)).toThrow(/^compress/)
  })
})
