import { describe, expect, it } from 'vitest'
import { byTreeOrder, decodeIndex, encodeIndex, type IndexEntry } from '../../../../src/store/layer/index.ts'
import { headerSize } from '../../../../src/store/layer/index-format.ts'

const base = { kind: 'add', mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 } as const

const entries: readonly IndexEntry[] = [
  {
    ...base,
    path: 'a',
    type: 'directory',
    mode: 0o1777,
    opaque: true,
    uid: 4294967294,
    mtime: -3,
    mtimeNsec: 7,
  },
  { ...base, path: 'a/b', type: 'directory', implied: true },
  {
    ...base,
    path: 'a/b/f',
    type: 'file',
    size: 2 ** 40,
    offset: 2 ** 41,
    contentDigest: 'ab'.repeat(32),
    inode: '8:1:77',
    xattrs: new Map([
      ['security.capability', Buffer.from([1, 0, 255])],
      ['user.empty', Buffer.alloc(0)],
    ]),
  },
  { ...base, path: 'a/b/g', type: 'file', hardlink: 'a/b/f', inode: '8:1:77' },
  { ...base, path: 'a/l', type: 'symlink', linkName: '/x/\udcff' },
  {
    ...base,
    path: 'a!',
    type: 'char',
    major: 4095,
    minor: 1048575,
    xattrs: new Map([['user.x', Buffer.from('y')]]),
  },
  { kind: 'whiteout', path: 'b' },
  { ...base, path: 'caf\udce9', type: 'fifo' },
  { ...base, path: 'ｚ', type: 'block', major: 8, minor: 0 },
]

describe('layer index', () => {
  const index = decodeIndex(encodeIndex(entries))

  it('gives back every entry, in order', () => {
    expect([...index.entries()]).toEqual(entries)
    expect(index.count).toBe(entries.length)
    for (const entry of entries) expect(index.get(entry.path)).toEqual(entry)
  })

  it('knows what is not there', () => {
    for (const path of ['', 'a/b/', 'a/b/f/x', 'a/c', 'A', 'zz', 'a/b/fg', '/a'])
      expect(index.get(path), path).toBeUndefined()
  })

  it('finds the same whatever was looked for before', () => {
    const none = ['a/', 'a/c', 'b/x', 'a/b', 'zz/y', '/a', 'ｚ/']
    const known = new Map(entries.map((entry) => [entry.path, entry]))
    const paths = [...known.keys(), ...none]
    for (const before of paths)
      for (const path of paths) {
        index.get(before)
        expect(index.get(path), `${path} after ${before}`).toEqual(known.get(path))
      }
  })

  it('lists children', () => {
    const names = (path: string): readonly string[] => index.children(path).map((entry) => entry.path)
    expect(names('')).toEqual(['a', 'a!', 'b', 'caf\udce9', 'ｚ'])
    expect(names('a')).toEqual(['a/b', 'a/l'])
    expect(names('a/b/f')).toEqual([])
    expect(names('nowhere')).toEqual([])
  })

  it('keeps the root when the layer speaks about it', () => {
    const root: IndexEntry = { ...base, path: '', type: 'directory', opaque: true }
    const withRoot = decodeIndex(encodeIndex([root, ...entries]))
    expect(withRoot.get('')).toEqual(root)
    expect([...withRoot.entries()]).toEqual([root, ...entries])
    expect(withRoot.count).toBe(entries.length + 1)
  })

  it('is empty for an empty layer', () => {
    const empty = decodeIndex(encodeIndex([]))
    expect([...empty.entries()]).toEqual([])
    expect(empty.children('')).toEqual([])
  })

  it('adds missing parents', () => {
    expect(
      [...decodeIndex(encodeIndex([{ kind: 'whiteout', path: 'x/y/z' }])).entries()].map((e) => e.path),
    ).toEqual(['x', 'x/y', 'x/y/z'])
  })

  it('agrees with a map on a large random tree', () => {
    const paths = new Set<string>()
    for (let i = 0; i < 3000; i++) paths.add(`d${(i * 7919) % 40}/s${(i * 104729) % 13}/f-${(i * 31) % 977}`)
    const files = [...paths]
      .sort(byTreeOrder)
      .map((path): IndexEntry => ({ ...base, path, type: 'file', size: path.length }))
    const large = decodeIndex(encodeIndex(files))
    for (const file of files) expect(large.get(file.path)).toEqual(file)
    expect([...large.entries()].map((e) => e.path)).toEqual(
      [
        ...new Set(files.flatMap((f) => f.path.split('/').map((_, i, all) => all.slice(0, i + 1).join('/')))),
      ].sort(byTreeOrder),
    )
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['something else', Buffer.alloc(200, 65)],
    ['a cut file', encodeIndex(entries).subarray(0, -1)],
    ['a longer file', Buffer.concat([encodeIndex(entries), Buffer.alloc(1)])],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeIndex(bytes)).toThrow(expect.objectContaining({ code: 'bad-index' }))
  })
})

describe('a damaged index', () => {
  const rowSize = 64
  const files = Array.from({ length: 30 }, (_, at): IndexEntry => ({ ...base, path: `f${at}`, type: 'file' }))
  const sound = encodeIndex(files.toSorted((a, b) => byTreeOrder(a.path, b.path)))
  const bad = expect.objectContaining({ code: 'bad-index' })

  it('whose rows are children of all rows before them is not walked for ever', () => {
    const bytes = Buffer.from(sound)
    const rows = files.length + 1
    for (let row = 0; row < rows; row++) {
      bytes.writeUInt32LE(Math.min(row + 1, rows - 1), headerSize + row * rowSize + 56)
      bytes.writeUInt32LE(rows - row - 1, headerSize + row * rowSize + 60)
    }
    // The last one has none; where they would begin is the row behind it.
    bytes.writeUInt32LE(rows, headerSize + (rows - 1) * rowSize + 56)
    let seen = 0
    expect(() => {
      for (const _ of decodeIndex(bytes).entries()) if (++seen > 1000) break
    }).toThrow(bad)
    expect(seen).toBeLessThanOrEqual(rows)
  })

  it('that says another count, an unknown type or extras that are not there is told', () => {
    const change = (at: number, value: number) => {
      const bytes = Buffer.from(sound)
      bytes.writeUInt8(value, at)
      return () => [...decodeIndex(bytes).entries()]
    }
    const rows = sound.indexOf(Buffer.from([files.length, 0, 0, 0]))
    expect(change(rows, files.length + 1)).toThrow(bad)
    expect(change(headerSize + rowSize + 6, 200)).toThrow(bad)
    const withExtras = Buffer.from(encodeIndex([{ ...base, path: 'l', type: 'symlink', linkName: 'target' }]))
    withExtras.writeUInt32LE(3, headerSize + rowSize + 52)
    expect(() => [...decodeIndex(withExtras).entries()]).toThrow(bad)
  })
})
