import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { nativeBinary } from '../../../../src/foundation/native/index.ts'
import { borrowCoders } from '../../../../src/store/compression/coder-pool.ts'
import { compressTar, defaultCompression } from '../../../../src/store/compression/index.ts'
import { compressIn, decoded, directoryOfEach, mebibyte, mixed, sha256 } from '../../../support/compressed.ts'

const directory = directoryOfEach()
const compress = compressIn(directory)

/** Numbers below a bound, the same for the same seed. */
const numbers = (seed: number): ((below: number) => number) => {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** Noise, runs, text and repetitions at all distances, in lengths that end anywhere. */
const oddBytes = (seed: number): Buffer => {
  const next = numbers(seed)
  const bytes = Buffer.alloc(next(300_000))
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(at + next(next(2) ? 300 : 5000) + 1, bytes.length)
    const kind = next(4)
    const back = Math.min(at, 1 + next(next(2) ? 50_000 : 20))
    const letters = kind === 2 ? 256 : 30
    if (kind === 0) bytes.fill(next(256), at, end)
    else for (; at < end; at++) bytes[at] = (kind === 1 ? bytes[at - back] : undefined) ?? next(letters)
    at = end
  }
  return bytes
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
    for (const level of [1, 4, 9]) {
      const { bytes } = await compress(input, { kind: 'gzip', level })
      expect(execFileSync('gzip', ['-dc'], { input: bytes, maxBuffer: 1 << 26 }).equals(input)).toBe(true)
    }
  })
  it('names no time and no operating system', async () => {
    for (const level of [1, 4, 9]) {
      const { bytes } = await compress(Buffer.from('x'), { kind: 'gzip', level })
      expect([...bytes.subarray(0, 8), bytes[9]]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 255])
    }
  })
  it('survives what cannot be compressed', async () => {
    const input = randomBytes(mebibyte + 65_536 + 5)
    for (const level of [1, 5, 9]) {
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
    writeFileSync(join(directory.path, 'in'), mixed(20 * mebibyte))
    const stop = new AbortController()
    const work = compressTar(join(directory.path, 'in'), defaultCompression, () => stop.abort(), stop.signal)
    await expect(work).rejects.toThrow(/abort/)
  })
  it('passes on what the writer throws, and what reading does', async () => {
    writeFileSync(join(directory.path, 'in'), mixed(3 * mebibyte))
    const work = compressTar(join(directory.path, 'in'), defaultCompression, () => {
      throw new Error('disk full')
    })
    await expect(work).rejects.toThrow('disk full')
    await expect(
      compressTar(join(directory.path, 'none'), defaultCompression, () => {}),
    ).rejects.toMatchObject({
      code: 'store-io',
    })
  })
  it('of zeros stays below what readers here take for a bomb', async () => {
    const { bytes } = await compress(Buffer.alloc(8 * mebibyte), { kind: 'gzip', level: 9 })
    expect((8 * mebibyte) / bytes.length).toBeLessThan(2000)
  })
})

describe('the bytes', () => {
  /** Any change of these is a change of what people's images are called: then `formName` gets another number. */
  it.each([
    ['gzip', 1, 'sha256:01332fd8c15ff90be79b577f13c8e4e9eb913f1a43703216148322d509544dc5'],
    ['gzip', 4, 'sha256:633a1cd2877b6a438ccb65016ce047443fa637a5fdfb9b22b4fecc6fd02d5c48'],
    ['gzip', 9, 'sha256:4cfb8639af0250d1408d0bbb60a1cc1bdf94a76f473476df28a56c4ea11db4e6'],
  ] as const)('of %s %i are the same on every machine and Node', async (kind, level, digest) => {
    const lines = Array.from({ length: 120_000 }, (_, i) => `${i} ${(i * 7919) % 10_007} of a line\n`)
    const { bytes } = await compress(Buffer.from(lines.join('')), { kind, level })
    expect(sha256(bytes)).toBe(digest)
  })
})

describe('the coder', () => {
  /** A piece in a block of exactly its size, for all levels: what comes back is read by zlib. */
  it('takes whatever there is', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const input = oddBytes(seed)
      const level = (seed % 9) + 1
      const { bytes } = await compress(input, { kind: 'gzip', level })
      expect(gunzipSync(bytes).equals(input), `seed ${seed}`).toBe(true)
    }
  })
  it('finds what repeats in noise, and what follows it', async () => {
    const noise = randomBytes(20_000)
    const words = Buffer.from('words that follow each other. '.repeat(2000))
    const quarter = 100_000 / 4
    for (const input of [
      Buffer.concat(Array.from({ length: 10 }, () => noise)),
      Buffer.concat([noise, words, noise, words, noise]),
      Buffer.concat([noise.subarray(0, 2500), words, noise, noise.subarray(0, 3000), words]),
      Buffer.from(randomBytes(100_000).map((byte) => byte & 63)),
    ]) {
      const { bytes } = await compress(input)
      expect(gunzipSync(bytes).equals(input)).toBe(true)
      expect(input.length - bytes.length).toBeGreaterThan(0.9 * quarter)
    }
  })
  it('stores noise, of any length', async () => {
    for (const length of [2048, 2049, 18_431, 18_432, 18_436, 34_820, mebibyte - 3, mebibyte]) {
      const input = randomBytes(length)
      const { bytes } = await compress(input)
      expect(gunzipSync(bytes).equals(input)).toBe(true)
      expect(bytes.length - length).toBeLessThan(60 + length / 1000)
    }
  })
  it('makes less of it the more it is asked to', async () => {
    const lines = Array.from({ length: 40_000 }, (_, i) => `${(i * 7919) % 10_007} of a line ${i}\n`)
    const sizes: number[] = []
    for (const level of [1, 4, 9])
      sizes.push((await compress(Buffer.from(lines.join('')), { kind: 'gzip', level })).bytes.length)
    const [quick = 0, usual = 0, small = 0] = sizes
    expect(usual).toBeLessThan(0.9 * quick)
    expect(small).toBeLessThan(1.01 * usual)
  })
  it('says so when its process is gone', async () => {
    using coders = await borrowCoders('gzip', { kind: 'gzip', level: 9 })
    const work = Array.from({ length: 8 }, () => coders.code(new Uint8Array(randomBytes(mebibyte))))
    const settled = Promise.allSettled(work)
    coders[Symbol.dispose]()
    for (const { status } of await settled) expect(status).toBe('rejected')
  })
  it('refuses pieces that are too large or cut off', () => {
    const run = (input: Uint8Array, level = '1') =>
      spawnSync(nativeBinary(), ['gzip', level], { input }).status
    const size = (bytes: number): Buffer => {
      const head = Buffer.alloc(4)
      head.writeUInt32LE(bytes)
      return head
    }
    expect(run(Buffer.alloc(0))).toBe(0)
    expect(run(Buffer.concat([size(3), Buffer.from('abc')]))).toBe(0)
    expect(run(size(mebibyte + 1))).toBe(1)
    expect(run(Buffer.concat([size(4), Buffer.from('abc')]))).toBe(1)
    expect(run(Buffer.from('ab'))).toBe(1)
    for (const level of ['0', '10', 'x', '']) expect(run(Buffer.alloc(0), level)).toBe(2)
  })
})
