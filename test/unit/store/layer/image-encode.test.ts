import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeImage, encodeIndex, type IndexEntry, readPatch } from '../../../../src/store/layer/index.ts'
import { handMadePatch } from '../../../support/hand-made-patch.ts'

const base = { kind: 'add', mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 } as const
const tarSize = 10_240
const imageOf = (...entries: readonly IndexEntry[]) => encodeImage(encodeIndex(entries), tarSize)

describe('encodeImage', () => {
  it('has a superblock at byte 1024, the tar as its second device behind its own blocks, and the root as inode 2', () => {
    const image = imageOf({ ...base, path: 'f', type: 'file', size: 3, offset: 512 })
    expect(image?.readUInt32LE(1024).toString(16)).toBe('e0f5e1e2')
    expect(image?.readUInt16LE(1024 + 14)).toBe(2)
    const blocks = image?.readUInt32LE(1024 + 36) ?? 0
    expect(blocks * 512).toBe(image?.length)
    expect([image?.readUInt32LE(1152 + 64), image?.readUInt32LE(1152 + 68)]).toEqual([20, blocks])
    // The file's first block, in the second inode.
    expect(image?.readUInt32LE(3 * 512 + 2 * 64 + 16)).toBe(blocks + 1)
  })
  it('has the base and the patch as devices of a layer that is kept as a patch', () => {
    // Own bytes, then the base's.
    const tar = Buffer.alloc(tarSize)
    const directory = mkdtempSync(join(tmpdir(), 'tsbuild-image-'))
    try {
      const { base: whole, patch } = handMadePatch(tar, [5120])
      writeFileSync(join(directory, 'patch'), patch)
      const files = [1024, 8192].map(
        (offset): IndexEntry => ({ ...base, path: `f${offset}`, type: 'file', size: 3, offset }),
      )
      const image = encodeImage(encodeIndex(files), tarSize, readPatch(join(directory, 'patch')))
      const blocks = image?.readUInt32LE(1024 + 36) ?? 0
      expect(image?.readUInt16LE(1024 + 86)).toBe(2)
      const slots = [1152, 1280].map((at) => [image?.readUInt32LE(at + 64), image?.readUInt32LE(at + 68)])
      const inBase = whole.length / 512
      expect(slots).toEqual([
        [inBase, blocks],
        [10, blocks + inBase],
      ])
      const places = [2, 3].map((inode) => image?.readUInt32LE(3 * 512 + inode * 64 + 16))
      // The base has something else before its only piece, two blocks of it.
      expect(places).toEqual([blocks + inBase + 2, blocks + 2 + (8192 - 5120) / 512])
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
  it('lists names by their bytes, the dots among them', () => {
    const names = ['!', '-x', 'a', '\u{1F600}', '\uFF01']
    const image = imageOf(...names.map((path) => ({ ...base, path, type: 'directory' }) as const))
    const text = image?.toString('utf8', image.readUInt32LE(3 * 512 + 64 + 16) * 512) ?? ''
    expect(text).toContain('!-x...a\uFF01\u{1F600}')
  })
  it.each<readonly [string, IndexEntry]>([
    ['a file without a place in the tar', { ...base, path: 'f', type: 'file', size: 3 }],
    ['a file that does not begin at a block', { ...base, path: 'f', type: 'file', size: 3, offset: 700 }],
    [
      'an attribute with a name too long',
      { ...base, path: 'f', type: 'fifo', xattrs: new Map([[`user.${'n'.repeat(256)}`, Buffer.from('v')]]) },
    ],
    [
      'an attribute of an unknown kind',
      { ...base, path: 'f', type: 'fifo', xattrs: new Map([['other.a', Buffer.from('v')]]) },
    ],
    ['a hard link to nothing', { ...base, path: 'f', type: 'file', hardlink: 'g' }],
  ])('leaves to unpacking a layer with %s', (_, entry) => {
    expect(imageOf(entry)).toBeUndefined()
  })
  it.each<readonly [string, (row: Buffer) => void]>([
    ['longer than a block', (row) => row.writeUInt16LE(600, 4)],
    ['of no bytes', (row) => row.writeUInt16LE(0, 4)],
    ['that lies elsewhere', (row) => row.writeUInt32LE(2 ** 31, 0)],
  ])('refuses an index with a name %s', (_, damage) => {
    const index = Buffer.from(encodeIndex([{ ...base, path: 'n'.repeat(255), type: 'fifo' }]))
    expect(encodeImage(index, tarSize)).toBeDefined()
    // The names of 600 bytes are there.
    const longer = Buffer.concat([index, Buffer.alloc(1000, 'n')])
    longer.writeUInt32LE(index.readUInt32LE(16) + 1000, 16)
    damage(longer.subarray(32 + 64))
    expect(() => encodeImage(longer, tarSize)).toThrow(expect.objectContaining({ code: 'bad-index' }))
  })
  it.each([Number.NaN, 1.5, 2 ** 53])('leaves to unpacking what was changed at %s', (mtime) => {
    expect(imageOf({ ...base, path: 'f', type: 'fifo', mtime })).toBeUndefined()
  })
  it('leaves a tar to unpacking that has more blocks than have numbers', () => {
    expect(encodeImage(encodeIndex([]), 2 ** 41)).toBeUndefined()
  })
})
