import { randomBytes } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { defaultCompression, formName, parseCompression } from '../../../../src/store/compression/index.ts'
import { compressIn, decoded, directoryOfEach, mebibyte, mixed, sha256 } from '../../../support/compressed.ts'

const directory = directoryOfEach()
const compress = compressIn(directory)

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
