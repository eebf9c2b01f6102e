import { describe, expect, it } from 'vitest'
import { decodeIndex, encodeIndex, type IndexEntry, isPlainIndex } from '../../../../src/store/layer/index.ts'

const base = { kind: 'add', mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 } as const
const plain: readonly IndexEntry[] = [
  { ...base, path: 'd', type: 'directory', opaque: true },
  { ...base, path: 'd/f', type: 'file', size: 3, contentDigest: 'ab'.repeat(32) },
  { ...base, path: 'd/l', type: 'symlink', linkName: 'größe' },
  { kind: 'whiteout', path: 'gone' },
]

const isPlain = (...more: readonly IndexEntry[]): boolean =>
  isPlainIndex(decodeIndex(encodeIndex([...plain, ...more])).rows)

describe('an index', () => {
  it('of files, links, opaque directories and whiteouts is plain', () => {
    expect(isPlain()).toBe(true)
  })
  it.each<readonly [string, readonly IndexEntry[]]>([
    ['a file with several names', [{ ...base, path: 'z', type: 'file', inode: '8:1:7' }]],
    [
      'a hard link',
      [
        { ...base, path: 'y', type: 'file' },
        { ...base, path: 'z', type: 'file', hardlink: 'y' },
      ],
    ],
    ['attributes', [{ ...base, path: 'z', type: 'file', xattrs: new Map([['user.a', Buffer.from('b')]]) }]],
    ['a name that is not ASCII', [{ ...base, path: 'z\u00fc', type: 'file' }]],
    ['a whiteout of such a name', [{ kind: 'whiteout', path: 'z\u00fc' }]],
  ])('of %s is not', (_, more) => {
    expect(isPlain(...more)).toBe(false)
  })
})
