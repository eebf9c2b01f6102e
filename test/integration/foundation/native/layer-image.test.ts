import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { writeLayerImage } from '../../../../src/foundation/native/index.ts'
import { encodeImage, encodeIndex, type IndexEntry, readPatch } from '../../../../src/store/layer/index.ts'
import { handMadePatch } from '../../../support/hand-made-patch.ts'

let temp: string
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-image-'))
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

/** What the helper writes, or undefined when it leaves the layer to others. */
const writtenBy = async (index: Uint8Array, tarSize: number, patch?: string): Promise<Buffer | undefined> => {
  const image = join(temp, 'image')
  writeFileSync(join(temp, 'index'), index)
  const out = openSync(image, 'w')
  try {
    const layer = { index: join(temp, 'index'), tarSize, ...(patch && { patch }) }
    const isWritten = await writeLayerImage(layer, out)
    if (!isWritten) expect(readFileSync(image)).toHaveLength(0)
    return isWritten ? readFileSync(image) : undefined
  } finally {
    closeSync(out)
  }
}

const base = { kind: 'add', mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 } as const
const tarSize = 1 << 20

const all: readonly IndexEntry[] = [
  { ...base, path: '', type: 'directory', mode: 0o1751, uid: 3, mtime: 9 },
  { ...base, path: 'dir', type: 'directory', mode: 0o2755 },
  { ...base, path: 'dir/-before the dots', type: 'fifo' },
  { ...base, path: 'dir/.hidden', type: 'file', size: 1, offset: 512, contentDigest: 'ab'.repeat(32) },
  { ...base, path: 'dir/empty', type: 'file', mtime: -7, mtimeNsec: 999_999_999 },
  {
    ...base,
    path: 'dir/large',
    type: 'file',
    mode: 0o4755,
    uid: 2 ** 32 - 2,
    gid: 70_000,
    size: 2 ** 33,
    offset: 4096,
  },
  { ...base, path: 'dir/link', type: 'symlink', linkName: `../${'t'.repeat(700)}`, mtime: 2 ** 33 },
  { ...base, path: 'dir/socket', type: 'socket', inode: '1:2:3' },
  { ...base, path: 'dir/\u{1F600}', type: 'char', major: 0xfff, minor: 0x12345, inode: '1:2:4' },
  { ...base, path: 'dir/\uFF01', type: 'block', major: 8, minor: 1 },
  { ...base, path: 'opaque', type: 'directory', opaque: true },
  { ...base, path: 'opaque/below', type: 'directory' },
  { kind: 'whiteout', path: 'opaque/gone' },
  { ...base, path: 'removing', type: 'directory', implied: true },
  { kind: 'whiteout', path: 'removing/gone' },
  ...Array.from(
    { length: 300 },
    (_, i): IndexEntry => ({
      ...base,
      path: `wide/${'n'.repeat(i % 256)}${1000 + i}`.slice(0, 260),
      type: 'fifo',
    }),
  ).toSorted((a, b) => (a.path < b.path ? -1 : 1)),
]

const range = (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => from + i)

describe('writeLayerImage', () => {
  it.each([
    ['a root alone', all.slice(0, 1)],
    ['nothing', []],
    ['all kinds of entries', all],
    ['no root of its own', all.slice(1)],
  ])('makes the bytes that encodeImage makes of a layer with %s', async (_, entries) => {
    const index = Buffer.from(encodeIndex(entries))
    const image = await writtenBy(index, tarSize)
    expect(image).toBeDefined()
    expect(image?.equals(encodeImage(index, tarSize) ?? Buffer.alloc(0))).toBe(true)
  })

  it.each<readonly [string, IndexEntry]>([
    ['a file without a place in the tar', { ...base, path: 'f', type: 'file', size: 3 }],
    ['a file that does not begin at a block', { ...base, path: 'f', type: 'file', size: 3, offset: 700 }],
    [
      'a file that has no whole number of bytes',
      { ...base, path: 'f', type: 'file', size: 3.5, offset: 512 },
    ],
    ['a file that begins within a byte', { ...base, path: 'f', type: 'file', size: 3, offset: 512.5 }],
    ['an attribute', { ...base, path: 'f', type: 'file', xattrs: new Map([['user.a', Buffer.from('v')]]) }],
    ['a hard link', { ...base, path: 'f', type: 'file', hardlink: 'dir/empty' }],
  ])('leaves %s to others', async (_, entry) => {
    expect(await writtenBy(encodeIndex([...all.slice(0, 5), entry]), tarSize)).toBeUndefined()
  })

  describe('of a patch', () => {
    const files = [
      [512, 3],
      [2048, 1000],
      [4096, 0],
      [5120, 4096],
      [9728, 512],
    ].map(([offset = 0, size = 0], i): IndexEntry => ({ ...base, path: `f${i}`, type: 'file', offset, size }))
    const index = Buffer.from(encodeIndex(files))
    const tar = Buffer.alloc(10_752, 't')
    const write = (cuts: readonly number[], change = (patch: Buffer) => patch): string => {
      const path = join(temp, 'patch')
      writeFileSync(path, change(handMadePatch(tar, cuts).patch))
      return path
    }
    it.each([[[]], [[1024]], [[2048, 3072]], [[1024, 1536, 3072, 4096, 9728]], [[512, 3072, 3584, 5120]]])(
      'makes the bytes that encodeImage makes of pieces that end at %j',
      async (cuts) => {
        const patch = write(cuts)
        const image = await writtenBy(index, tar.length, patch)
        expect(image).toBeDefined()
        expect(image?.equals(encodeImage(index, tar.length, readPatch(patch)) ?? Buffer.alloc(0))).toBe(true)
      },
    )
    it('leaves a layer to others with a file in two pieces', async () => {
      for (const cut of [2560, 5632, 8704]) {
        const patch = write([cut])
        expect(await writtenBy(index, tar.length, patch)).toBeUndefined()
        expect(encodeImage(index, tar.length, readPatch(patch))).toBeUndefined()
      }
    })
    it('leaves patches to others that are of another tar, or damaged', async () => {
      const cuts = [1024, 1536, 3072, 4096]
      expect(await writtenBy(index, tar.length + 512, write(cuts))).toBeUndefined()
      expect(encodeImage(index, tar.length + 512, readPatch(write(cuts)))).toBeUndefined()
      const { length } = readFileSync(write(cuts))
      const own = 1024 + 1536 + 6656
      const meaningful = [
        ...Array.from({ length: length - own - 512 }, (_, i) => own + i),
        ...range(length - 512, 32),
        ...range(length - 440, 40),
      ]
      for (const at of meaningful) {
        const patch = write(cuts, (bytes) => {
          bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
          return bytes
        })
        expect(() => readPatch(patch), `byte ${at}`).toThrow()
        expect(await writtenBy(index, tar.length, patch), `byte ${at}`).toBeUndefined()
      }
      for (const end of [length - 1, length - 512, 511, 0]) {
        const patch = write(cuts, (bytes) => bytes.subarray(0, end))
        expect(await writtenBy(index, tar.length, patch)).toBeUndefined()
      }
    })
  })

  it('leaves tars to others that end within a block or are too large', async () => {
    expect(await writtenBy(encodeIndex(all), 700)).toBeUndefined()
    expect(await writtenBy(encodeIndex(all), 2 ** 41)).toBeUndefined()
  })

  it('refuses every length of a name that encodeImage refuses', async () => {
    const index = Buffer.from(encodeIndex([{ ...base, path: 'n'.repeat(255), type: 'fifo' }]))
    const names = Buffer.concat([index, Buffer.alloc(2 ** 16, 'n')])
    names.writeUInt32LE(255 + 2 ** 16, 16)
    for (const length of [0, 1, 254, 255, 256, 499, 500, 501, 512, 2 ** 16 - 1]) {
      names.writeUInt16LE(length, 32 + 64 + 4)
      const encoded = (): Buffer | undefined => encodeImage(names, tarSize)
      const image = await writtenBy(names, tarSize)
      if (image === undefined) expect(encoded, `${length}`).toThrow(/^open layer index: /)
      else expect(encoded()?.equals(image), `${length}`).toBe(true)
      expect(image !== undefined).toBe(length >= 1 && length <= 255)
    }
  })
  it('makes an image of a damaged index only where encodeImage does', async () => {
    const index = Buffer.from(encodeIndex(all))
    expect(await writtenBy(index.subarray(0, 31), tarSize)).toBeUndefined()
    expect(await writtenBy(index.subarray(0, -1), tarSize)).toBeUndefined()
    for (let turn = 0, at = 0; turn < 60; turn++) {
      at = (at + 1 + turn * 131) % (turn % 3 === 0 ? 32 + 40 * 64 : index.length)
      const damaged = Buffer.from(index)
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (turn % 8))
      const image = await writtenBy(damaged, tarSize)
      if (image !== undefined) expect(encodeImage(damaged, tarSize), `byte ${at}`).toBeDefined()
    }
  })
})
