import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { constants, crc32, deflateRawSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inflateInto } from '../../../../src/foundation/native/index.ts'
import { digestOf } from '../../../../src/foundation/oci/index.ts'

let temp: string
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-inflate-'))
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

async function* pieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const inflate = async (packed: Uint8Array, { most = 1 << 30, piece = 65536 } = {}) => {
  const path = join(temp, 'out')
  const out = openSync(path, 'w+')
  try {
    const { digest, size } = await inflateInto(pieces(packed, piece), { out, most })
    const bytes = readFileSync(path)
    expect([size, `sha256:${digest}`]).toEqual([bytes.length, digestOf(bytes)])
    return bytes
  } finally {
    closeSync(out)
  }
}

/** The same numbers for the same seed (a linear congruence modulo 2^31). */
const createRandom = (seed: string) => {
  let state = [...seed].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 2 ** 31, 7)
  return {
    below(limit: number) {
      state = (state * 48271 + 11) % (2 ** 31 - 1)
      return state % limit
    },
  }
}

/** Words that come again at all distances, runs, and noise. */
const mixed = (seed: string, size: number): Buffer => {
  const random = createRandom(seed)
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; ) {
    const length = Math.min(size - at, 1 + random.below(700))
    const kind = random.below(4)
    if (kind === 0) for (let i = 0; i < length; i++) bytes[at + i] = random.below(256)
    else if (kind === 1) bytes.fill(random.below(256), at, at + length)
    else
      for (let i = 0; i < length && at > 0; i++)
        bytes[at + i] = bytes[at + i - 1 - random.below(Math.min(3, at))] ?? 0
    if (kind === 3 && at > length) bytes.copy(bytes, at, random.below(at - length), at)
    at += length
  }
  return bytes
}

describe('the helper decompressing gzip', () => {
  it('gives the bytes back, however they were compressed', async () => {
    const levels = [0, 1, 3, 6, 9]
    const strategies = [
      constants.Z_FIXED,
      constants.Z_HUFFMAN_ONLY,
      constants.Z_RLE,
      constants.Z_DEFAULT_STRATEGY,
    ]
    for (const size of [0, 1, 257, 32768, 300_001, 1_200_000])
      for (const [n, level] of levels.entries()) {
        const bytes = mixed(`${size} ${level}`, size)
        const strategy = strategies[n % strategies.length] ?? 0
        const packed = gzipSync(bytes, { level, strategy, memLevel: 1 + (n % 9) })
        expect((await inflate(packed, { piece: 1 + size / 3 })).equals(bytes)).toBe(true)
      }
  })
  it('takes members one after another, with all that a header can have, and zeros behind them', async () => {
    const raw = deflateRawSync('second')
    const trailer = gzipSync('second').subarray(-8)
    const flags = 2 | 4 | 8 | 16
    const header = Buffer.concat([
      Buffer.from([0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 255, 5, 0]),
      Buffer.from('extra'),
      Buffer.from('name\0comment\0'),
    ])
    const check = Buffer.alloc(2)
    check.writeUInt16LE(crc32(header) & 0xffff)
    const packed = (of: Buffer): Buffer =>
      Buffer.concat([gzipSync('first '), header, of, raw, trailer, Buffer.alloc(1000)])
    expect((await inflate(packed(check), { piece: 1 })).toString()).toBe('first second')
    const other = Buffer.from(check.map((byte) => byte ^ 1))
    await expect(inflate(packed(other))).rejects.toMatchObject({ problem: 'damaged' })
  })
  it('refuses what is cut off, at any byte', async () => {
    const packed = gzipSync(mixed('cut', 900))
    for (let size = 0; size < packed.length; size += 37)
      await expect(inflate(packed.subarray(0, size))).rejects.toMatchObject({ code: 'inflate-failed' })
    for (let left = 1; left <= 8; left++)
      await expect(inflate(packed.subarray(0, -left))).rejects.toMatchObject({ problem: 'cut-off' })
  })
  it('refuses what was changed', async () => {
    const bytes = mixed('changed', 3000)
    const packed = gzipSync(bytes)
    const random = createRandom('changed')
    for (let n = 0; n < 60; n++) {
      const changed = Buffer.from(packed)
      // The first ten bytes say when and where it was made, which nobody looks at.
      const at = 10 + random.below(packed.length - 10)
      changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8))
      const found = await inflate(changed).catch((error: unknown) => error)
      // Bits behind the last block are nobody's, and one distance may do as well as another.
      if (Buffer.isBuffer(found)) expect(found.equals(bytes)).toBe(true)
      else expect(found).toMatchObject({ code: 'inflate-failed' })
    }
    await expect(inflate(Buffer.concat([packed, Buffer.from('more')]))).rejects.toMatchObject({
      problem: 'damaged',
    })
  })
  it('stops at the size that was allowed, and where the disk says no', async () => {
    const packed = gzipSync(Buffer.alloc(1 << 20))
    expect(await inflate(packed, { most: 1 << 20 })).toHaveLength(1 << 20)
    await expect(inflate(packed, { most: (1 << 20) - 1 })).rejects.toMatchObject({ problem: 'too-large' })
    const full = openSync('/dev/full', 'w')
    const writing = inflateInto(pieces(packed, 1000), { out: full, most: 1 << 30 })
    await expect(writing).rejects.toMatchObject({ problem: 'write', errno: 'ENOSPC' })
    closeSync(full)
  })
  it('tells how far it is, and stops when that is no good', async () => {
    const bytes = mixed('progress', 9 << 20)
    const out = openSync(join(temp, 'out'), 'w+')
    try {
      const sizes: number[] = []
      const onWritten = (size: number) => {
        expect(fstatSync(out).size).toBeGreaterThanOrEqual(size)
        sizes.push(size)
      }
      await inflateInto(pieces(gzipSync(bytes), 100_000), { out, most: 1 << 30, onWritten })
      expect(sizes.length).toBeGreaterThan(0)
      expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b))
      expect(sizes.at(-1)).toBeLessThanOrEqual(bytes.length)
      const stop = () => {
        throw new Error('no good')
      }
      const stopped = inflateInto(pieces(gzipSync(bytes), 100_000), { out, most: 1 << 30, onWritten: stop })
      await expect(stopped).rejects.toThrow('no good')
    } finally {
      closeSync(out)
    }
  })

  it('passes on why there are no more bytes, and leaves no process behind', async () => {
    const out = openSync(join(temp, 'out'), 'w')
    const broken = async function* () {
      yield gzipSync('start').subarray(0, 5)
      throw new Error('gone')
    }
    await expect(inflateInto(broken(), { out, most: 100 })).rejects.toThrow('gone')
    closeSync(out)
  })
})
