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
  hasZstd,
  type LayerCompression,
  parseCompression,
} from '../../../../src/store/compression/index.ts'

let temp: string
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-compress-'))
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

const mebibyte = 1024 * 1024

const compress = async (input: Uint8Array, how: LayerCompression = defaultCompression) => {
  const path = join(temp, 'in')
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

describe('gzip in blocks', () => {
  it.each([0, 1, 1000, mebibyte - 1, mebibyte, mebibyte + 1, 3 * mebibyte + 77])(
    'gives %i bytes back as one member',
    async (size) => {
      const input = mixed(size)
      const { bytes, diffId, size: read } = await compress(input)
      expect(gunzipSync(bytes).equals(input)).toBe(true)
      expect([diffId, read]).toEqual([sha256(input), size])
      // RFC 1952: a second member would start like the first.
      expect(bytes.indexOf(bytes.subarray(0, 10), 1)).toBe(-1)
    },
  )
  it('names no time and no operating system', async () => {
    const { bytes } = await compress(Buffer.from('x'))
    expect([...bytes.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
  })
  it('gives the same bytes each time', async () => {
    const input = mixed(4 * mebibyte)
    const [one, two] = [await compress(input), await compress(input)]
    expect(one.bytes.equals(two.bytes)).toBe(true)
  })
  it('looks back into the block before', async () => {
    const noise = randomBytes(20_000)
    const input = Buffer.concat([randomBytes(mebibyte - 20_000), noise, noise])
    const { bytes } = await compress(input)
    expect(bytes.length).toBeLessThan(mebibyte + 5_000)
  })
  it('survives what cannot be compressed', async () => {
    const input = randomBytes(2 * mebibyte + 5)
    for (const level of [0, 1, 9]) {
      const { bytes } = await compress(input, { kind: 'gzip', level })
      expect(gunzipSync(bytes).equals(input)).toBe(true)
    }
  })
  it('ends when it is told to', async () => {
    writeFileSync(join(temp, 'in'), mixed(20 * mebibyte))
    const stop = new AbortController()
    const work = compressTar(join(temp, 'in'), defaultCompression, () => stop.abort(), stop.signal)
    await expect(work).rejects.toThrow(/abort/)
  })
  it('passes on what the writer throws, and what reading does', async () => {
    writeFileSync(join(temp, 'in'), mixed(3 * mebibyte))
    const work = compressTar(join(temp, 'in'), defaultCompression, () => {
      throw new Error('disk full')
    })
    await expect(work).rejects.toThrow('disk full')
    await expect(compressTar(join(temp, 'none'), defaultCompression, () => {})).rejects.toMatchObject({
      code: 'store-io',
    })
  })
})

describe('zstd', () => {
  it.skipIf(hasZstd())('is refused in words where Node has none', async () => {
    await expect(compress(Buffer.from('x'), { kind: 'zstd', level: 3 })).rejects.toMatchObject({
      code: 'zstd-unavailable',
      exitCode: 2,
    })
  })
  it.skipIf(!hasZstd())('writes a frame', async () => {
    const { bytes, diffId } = await compress(mixed(mebibyte), { kind: 'zstd', level: 3 })
    expect(bytes.readUInt32LE()).toBe(0xfd2fb528)
    expect(diffId).toMatch(/^sha256:/)
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
    expect(formName(parseCompression('gzip', '0'))).toBe('1-gzip-0')
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
