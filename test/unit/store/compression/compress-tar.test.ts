import { execFileSync } from 'node:child_process'
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

const compress = async (input: Uint8Array, how: LayerCompression = defaultCompression, name = 'in') => {
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

describe('gzip in blocks', () => {
  it.each([0, 1, 1000, mebibyte - 1, mebibyte, mebibyte + 1, 3 * mebibyte + 77])(
    'gives %i bytes back',
    async (size) => {
      const input = mixed(size)
      const { bytes, diffId, size: read } = await compress(input)
      expect(gunzipSync(bytes).equals(input)).toBe(true)
      expect((await decoded(bytes, 1000)).equals(input)).toBe(true)
      expect([diffId, read]).toEqual([sha256(input), size])
    },
  )
  it('is read by gzip', async () => {
    const input = mixed(2 * mebibyte + 7)
    for (const level of [0, 1, 4, 9]) {
      const { bytes } = await compress(input, { kind: 'gzip', level })
      expect(execFileSync('gzip', ['-dc'], { input: bytes, maxBuffer: 1 << 26 }).equals(input)).toBe(true)
    }
  })
  it('names no time and no operating system', async () => {
    for (const level of [0, 1, 4, 9]) {
      const { bytes } = await compress(Buffer.from('x'), { kind: 'gzip', level })
      expect([...bytes.subarray(0, 8), bytes[9]]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 255])
    }
  })
  it('survives what cannot be compressed', async () => {
    const input = randomBytes(mebibyte + 65_536 + 5)
    for (const level of [0, 1, 5, 9]) {
      const { bytes } = await compress(input, { kind: 'gzip', level })
      expect(gunzipSync(bytes).equals(input)).toBe(true)
      expect(bytes.length).toBeLessThan(input.length + 500)
    }
  })
  it('serves many at the same time', async () => {
    const inputs = [0, 5, mebibyte, 3 * mebibyte, 2 * mebibyte + 1].map(mixed)
    const results = await Promise.all(inputs.map((input, i) => compress(input, undefined, `in${i}`)))
    expect(results.map(({ bytes }, i) => gunzipSync(bytes).equals(inputs[i] ?? bytes))).not.toContain(false)
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

describe('the bytes', () => {
  /** Any change of these is a change of what people's images are called: then `formName` gets another number. */
  it.each([
    ['gzip', 0, 'sha256:65e4dc5f92a70e797078623aaed885da853c4085f1c6ddd5b86ee3e4afe32f50'],
    ['gzip', 1, 'sha256:b77c849930ecf875a9c9362090c225b69a8dd8f9ad2af4f40a0fa6e5c0977999'],
    ['gzip', 4, 'sha256:4db172884e5f3d6091d1a225f9304af3ff24627567f383fe67d659ebe0c75749'],
    ['gzip', 9, 'sha256:f3af7ae0caac0e6c75269ee8a44c94481675542ea8ab8d397b07295ac44aa306'],
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
    for (const [kind, most] of [
      ['gzip', 2000],
      ['zstd', 50_000],
    ] as const) {
      const { bytes } = await compress(Buffer.alloc(8 * mebibyte), { kind, level: 9 })
      expect((8 * mebibyte) / bytes.length).toBeLessThan(most)
    }
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
    expect(formName(parseCompression('gzip', '0'))).toBe('2-gzip-0')
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
