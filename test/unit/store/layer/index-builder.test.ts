import { describe, expect, it } from 'vitest'
import { decodeIndex, encodeIndex, type IndexEntry } from '../../../../src/store/layer/index.ts'
import { createIndexBuilder } from '../../../../src/store/layer/index-builder.ts'
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
