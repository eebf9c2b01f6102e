import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import zlib from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeZstd } from '../../../../src/store/layer/decode-zstd.ts'
import {
  type DecompressOptions,
  decompress,
  decompressChunks,
  detectCompression,
  startOf,
} from '../../../../src/store/layer/index.ts'

const directory = mkdtempSync(join(tmpdir(), 'tsbuild-decompress-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** The same block between the headers and the indexes of several files. */
function xzOf(start: string, end: string): Buffer {
  const block =
    '4dS/AF1dADYYS5jpw3aAt90um3ndfavh/YAXrsLnR7Qkh9SWrbvl/KrTB6ZPfdVU73kf0id0XR74A16WWcdkiUvsp17j27jWIG7LE6tb0IPx0KNAxB8LpsUcj2M8MrhN0nCl'
  return Buffer.from(`/Td6WFoA${start}${block}${end}`, 'base64')
}

const run = async (bytes: Uint8Array, options: DecompressOptions = {}): Promise<Buffer> => {
  const path = join(directory, 'blob')
  writeFileSync(path, bytes)
  const chunks: Buffer[] = []
  for await (const chunk of decompress(path, options)) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

const text = Buffer.from('layer '.repeat(100_000))
const bytesOf = async (chunks: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const all: Buffer[] = []
  for await (const chunk of chunks) all.push(Buffer.from(chunk))
  return Buffer.concat(all)
}

async function* chunksOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** What the samples hold. */
const layers = Buffer.from('layer '.repeat(20_000))
const samples = {
  bzip2: Buffer.from(
    'QlpoMTFBWSZTWUqVpIsAYaMRgEAAIgQQICAAUGABSoZMqQgYKEDRQgeqQgbUhA0UIHzFBWSZTWRk13ZwAE4yRgEAAIgQQICAAUGABSoZMiCWCCWiCXoglsQS0QS+LuSKcKEhGD0pFA==',
    'base64',
  ),
  xz: xzOf('AATm1rRGAgAhARYAAAB0L+Wj', 'AAAAAADnl0SmfyoE4QABecCpBwAABSBBM7HEZ/sCAAAAAARZWg=='),
  xzPlain: xzOf('AAD/EtlBAgAhARYAAAB0L+Wj', 'AAAAAAAAAXHAqQcAAGiiEt+oAAr8AgAAAAAAWVo='),
  xzSha: xzOf(
    'AArh+wyhAgAhARYAAAB0L+Wj',
    'AAAAAADPPS3weYdQ5SzqFPb7wXiAcU/tz4wumMgdH1tLN12m/wABkQHAqQcApSaqx7bp3xwCAAAAAApZWg==',
  ),
  xzLarge: xzOf('AATm1rRGAgAhASAAAAAJiKV2', 'AAAAAADnl0SmfyoE4QABecCpBwAABSBBM7HEZ/sCAAAAAARZWg=='),
  zstd: Buffer.from('KLUv/QRYdQAAMGxheWVyIAEAt9TJSxG29lms', 'base64'),
  zstdPlain: Buffer.from('KLUv/QBodQAAMGxheWVyIAEAt9TJSxE=', 'base64'),
}
/** 40 million NULs. */
const bzip2Zeros = Buffer.from(
  'QlpoOTFBWSZTWdjs3f4BMl9ACMAAABAACCAAMMwJqmmgSlFbUBKUV4u5IpwoSGx2bv8A',
  'base64',
)
/** A zstd frame of raw blocks (RFC 8878, 3.1.1.2.1). */
const rawFrame = (bytes: Buffer): Buffer => {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0])
  header.writeUInt32LE(bytes.length, 5)
  const blocks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += 1 << 17) {
    const block = bytes.subarray(at, at + (1 << 17))
    const head = Buffer.alloc(3)
    head.writeUIntLE((block.length << 3) | (at + block.length === bytes.length ? 1 : 0), 0, 3)
    blocks.push(head, block)
  }
  return Buffer.concat([header, ...blocks])
}
const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0])

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

  const compressed: readonly (readonly [string, readonly Buffer[]])[] = [
    ['bzip2', [samples.bzip2]],
    [
      'bzip2 in several streams with something behind them',
      [samples.bzip2, samples.bzip2, Buffer.from('junk')],
    ],
    ['xz', [samples.xz]],
    ['xz without checksums', [samples.xzPlain]],
    ['xz in several streams with padding', [samples.xz, Buffer.alloc(8), samples.xz]],
    ['zstd', [samples.zstd]],
    ['zstd without a checksum', [samples.zstdPlain]],
    ['zstd in several frames, some to be skipped', [skippable, samples.zstd, skippable, samples.zstdPlain]],
  ]
  it.each(compressed)('reads %s', async (_, parts) => {
    const times = parts.filter(
      (part) => part.length > 50 || part === samples.zstd || part === samples.zstdPlain,
    )
    const expected = Buffer.concat(times.map(() => layers))
    expect((await run(Buffer.concat(parts))).equals(expected)).toBe(true)
  })

  it.each([
    ['bzip2', 'QlpoORdyRThQkAAAAAA='],
    ['xz', '/Td6WFoAAATm1rRGAAAAABzfRCEftvN9AQAAAAAEWVo='],
    ['zstd', 'KLUv/SQAAQAAmenYUQ=='],
  ])('reads nothing out of %s of nothing', async (_, text64) => {
    expect(await run(Buffer.from(text64, 'base64'))).toHaveLength(0)
  })

  it.each(['bzip2', 'xz', 'zstd'] as const)('refuses %s data cut anywhere', async (name) => {
    const whole = samples[name]
    for (let size = 8; size < whole.length; size += 7)
      await expect(run(whole.subarray(0, size))).rejects.toMatchObject({ code: 'bad-layer' })
  })

  it.each(['bzip2', 'xz'] as const)('refuses %s data with any byte changed', async (name) => {
    for (let at = 8; at < samples[name].length - 12; at += 5) {
      const damaged = Buffer.from(samples[name])
      damaged[at] = (damaged[at] ?? 0) ^ 0x55
      await expect(run(damaged)).rejects.toMatchObject({
        code: expect.stringMatching(/^bad-layer|unsupported|large/),
      })
    }
  })

  it('stops a bomb of blocks that repeat one byte', async () => {
    const bomb = Buffer.concat(Array.from({ length: 6 }, () => bzip2Zeros))
    await expect(run(bomb)).rejects.toMatchObject({ code: 'layer-too-large' })
  })

  it('refuses dictionaries and windows that nobody needs', async () => {
    await expect(run(samples.xzLarge)).rejects.toMatchObject({ code: 'layer-too-large' })
    // Window descriptor 0xf8: 2 TiB.
    const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8])
    await expect(run(header)).rejects.toMatchObject({ code: expect.stringMatching(/large|bad-layer/) })
  })

  it.each([
    ['256 MiB', [0x00, 0x90], false],
    ['128 MiB', [0x00, 0x88], true],
    ['a frame of 4 GiB in one segment', [0xa0, 0xff, 0xff, 0xff, 0xff], false],
  ])('takes zstd windows up to 128 MiB: %s', async (_, header, isTaken) => {
    // One last block of three bytes as they are.
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...header, 0x19, 0, 0, ...Buffer.from('abc')])
    const read = bytesOf(decodeZstd(chunksOf(frame)))
    if (isTaken) expect((await read).toString()).toBe('abc')
    else await expect(read).rejects.toMatchObject({ code: 'layer-too-large' })
  })

  it('gives a decoder for large zstd frames one whole frame at a time: Node stops after the first', async () => {
    const frames = [rawFrame(Buffer.alloc(200_000, 1)), rawFrame(Buffer.alloc(300_000, 2))]
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = frames
    const given: Buffer[] = []
    const large = async function* (frame: AsyncIterable<Uint8Array>) {
      const parts: Uint8Array[] = []
      for await (const part of frame) parts.push(part)
      given.push(Buffer.concat(parts))
      yield* decodeZstd(Readable.from(parts, { objectMode: true }))
    }
    const all = Buffer.concat([first, skippable, samples.zstd, second, skippable])
    for (const size of [1000, 1 << 16, all.length]) {
      given.length = 0
      const pieces = Array.from({ length: Math.ceil(all.length / size) }, (_, i) =>
        all.subarray(i * size, (i + 1) * size),
      )
      const output = await bytesOf(decodeZstd(Readable.from(pieces, { objectMode: true }), large))
      expect(output.equals(Buffer.concat([Buffer.alloc(200_000, 1), layers, Buffer.alloc(300_000, 2)]))).toBe(
        true,
      )
      expect(given.map((frame, i) => frame.equals(frames[i] ?? all))).toEqual([true, true])
    }
  })
  it('gives many small zstd frames no more window than they need, and refuses those that would clear a lot for nothing', async () => {
    const large = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88]
    const [open, last] = [
      [0x18, 0, 0],
      [0x19, 0, 0],
    ]
    const small = Buffer.from([...large, ...last, ...Buffer.from('abc')])
    const files = Buffer.concat(Array.from({ length: 2000 }, () => small))
    expect((await bytesOf(decodeZstd(chunksOf(files)))).toString()).toBe('abc'.repeat(2000))
    const idle = Buffer.from([...large, ...open, ...Buffer.from('abc'), ...last, ...Buffer.from('def')])
    const read = bytesOf(decodeZstd(chunksOf(Buffer.concat(Array.from({ length: 3 }, () => idle)))))
    await expect(read).rejects.toMatchObject({ code: 'layer-too-large' })
  })

  it('says which xz files it cannot read', async () => {
    await expect(run(samples.xzSha)).rejects.toMatchObject({ code: 'unsupported-compression' })
  })

  it('reads slices of files, and streams', async () => {
    const path = join(directory, 'slice')
    writeFileSync(path, Buffer.concat([Buffer.from('before'), samples.xz, Buffer.from('behind')]))
    const slice = { kind: 'range', path, offset: 6, size: samples.xz.length } as const
    expect((await bytesOf(decompress(slice))).equals(layers)).toBe(true)
    expect(detectCompression(startOf(slice))).toBe('xz')
    const one = async function* () {
      for (const byte of samples.bzip2) yield Buffer.from([byte])
    }
    expect((await bytesOf(decompressChunks(one()))).equals(layers)).toBe(true)
    expect(await bytesOf(decompressChunks(one(), { maxOutput: 10 })).catch((error) => error)).toMatchObject({
      code: 'layer-too-large',
    })
  })

  it('follows no link', async () => {
    writeFileSync(join(directory, 'target'), 'x')
    symlinkSync('target', join(directory, 'link'))
    await expect(bytesOf(decompress(join(directory, 'link')))).rejects.toMatchObject({ code: 'file-changed' })
  })

  it('reports a missing file', async () => {
    const missing = decompress(join(directory, 'missing')).next()
    await expect(missing).rejects.toMatchObject({ code: 'layer-io', exitCode: 74 })
  })

  it('can be given up', async () => {
    await expect(run(text, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
  })
})
