import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { createSpool } from '../../../../src/foundation/sys/index.ts'
import { decodeIndex, encodeIndex, type IndexEntry } from '../../../../src/store/layer/index.ts'
import { createIndexBuilder, type IndexBuilder } from '../../../../src/store/layer/index-builder.ts'
import { headerSize } from '../../../../src/store/layer/index-format.ts'
import { openRows } from '../../../../src/store/layer/index-rows.ts'

const base = { kind: 'add', mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 5, mtimeNsec: 0 } as const
const digest = (letter: string): string => letter.repeat(64)

/** Names and extras of siblings do not stand together here: those of what is below a directory are between them. */
const below: readonly IndexEntry[] = [
  { ...base, path: 'top/a', type: 'file', offset: 1024, size: 3, contentDigest: digest('a') },
  { ...base, path: 'top/b', type: 'directory', mode: 0o700 },
  { ...base, path: 'top/b/c', type: 'directory', implied: true },
  { ...base, path: 'top/b/c/d', type: 'file', offset: 2048, size: 9, contentDigest: digest('d') },
  { ...base, path: 'top/b/e', type: 'symlink', linkName: 'c/d' },
  {
    ...base,
    path: 'top/f',
    type: 'file',
    offset: 4096,
    size: 1,
    xattrs: new Map([['user.x', Buffer.from('y')]]),
  },
  { ...base, path: 'top/g', type: 'char', major: 1, minor: 3 },
  { kind: 'whiteout', path: 'top/h' },
  { ...base, path: 'top/i', type: 'file', hardlink: 'top/a', inode: 'top/a' },
]
const source = encodeIndex([
  { ...base, path: 'before', type: 'file', offset: 512 },
  { ...base, path: 'top', type: 'directory' },
  ...below,
  { ...base, path: 'z', type: 'fifo' },
])

const copied = (bytes: Buffer): readonly IndexEntry[] => {
  const builder = createIndexBuilder()
  builder.add({ ...base, path: 'first', type: 'fifo' })
  builder.add({ ...base, path: 'top', type: 'directory' })
  builder.addBelow(openRows(bytes), 'top', 100)
  builder.add({ ...base, path: 'top2', type: 'fifo' })
  return [...decodeIndex(builder.encode().bytes).entries()]
}

describe('what another index has below a directory', () => {
  it('is taken over as it stands, its bytes further on', () => {
    const moved = below.map((entry) =>
      entry.kind === 'add' && entry.offset !== undefined ? { ...entry, offset: entry.offset + 100 } : entry,
    )
    expect(copied(source)).toEqual([
      { ...base, path: 'first', type: 'fifo' },
      { ...base, path: 'top', type: 'directory' },
      ...moved,
      { ...base, path: 'top2', type: 'fifo' },
    ])
  })

  it('is refused when a row points outside', () => {
    const damaged = Buffer.from(source)
    const rows = openRows(damaged)
    const row = rows.find('top/f') ?? 0
    damaged.writeUInt32LE(rows.extras.length, headerSize + row * 64 + 48)
    expect(() => copied(damaged)).toThrow(expect.objectContaining({ code: 'bad-index' }))
  })
})

/** Files of directories that hold `width` of them and as many directories, to a depth of `depth`; what is added is in tree order. */
const fill = (builder: IndexBuilder, width: number, depth: number, path = 'top'): void => {
  builder.add({ ...base, path, type: 'directory' })
  for (let i = 0; i < width; i++) {
    const child = `${path}/${String.fromCharCode(0x61 + i)}`
    if (depth > 0) fill(builder, width, depth - 1, `${child}-directory`)
    const place = builder.add({ ...base, path: `${child}-file`, type: 'file', size: depth, offset: i }, true)
    builder.digest(place, digest(String(depth)))
  }
}

describe('an index of many entries', () => {
  const [width, depth] = [12, 3]
  const rows = [0, 1, 2, 3].reduce((sum, level) => sum + width ** level + width ** (level + 1), 1)

  it('has the same bytes whether or not parts of it lie on the disk meanwhile', () => {
    const spool = createSpool(tmpdir())
    const [spooled, plain] = [createIndexBuilder({ spool }), createIndexBuilder()]
    fill(spooled, width, depth)
    fill(plain, width, depth)
    expect(plain.held()).toBeGreaterThan(rows * 100)
    expect(spooled.encode().bytes.equals(plain.encode().bytes)).toBe(true)
    spool.close()
  })

  it('takes a few MiB of memory and at most eight bytes for each', () => {
    const spool = createSpool(tmpdir())
    const builder = createIndexBuilder({ spool })
    fill(builder, width, depth)
    expect(decodeIndex(builder.encode().bytes).rows.rowCount).toBe(rows)
    expect(builder.held()).toBeLessThan((4 << 20) + 8 * rows)
    spool.close()
  })

  it('takes little for a few entries: a build of many steps makes many such', () => {
    const builder = createIndexBuilder()
    fill(builder, 2, 1)
    expect(builder.held()).toBeLessThan(16 << 10)
  })

  it('gets digests that come when it has been encoded', () => {
    const spool = createSpool(tmpdir())
    const builder = createIndexBuilder({ spool })
    builder.add({ ...base, path: 'top', type: 'directory' })
    const names = Array.from({ length: 40_000 }, (_, i) => `top/${String(i).padStart(5, '0')}`)
    const places = names.map((path) => builder.add({ ...base, path, type: 'file', size: 1 }, true))
    const encoded = builder.encode()
    for (const [i, place] of places.entries()) builder.digest(place, i.toString(16).padStart(64, '0'))
    const index = decodeIndex(encoded.bytes)
    spool.close()
    const found = names.map((path) => index.get(path))
    expect(
      found.every(
        (entry, i) => entry?.kind === 'add' && entry.contentDigest === i.toString(16).padStart(64, '0'),
      ),
    ).toBe(true)
  })
})
