import { describe, expect, it } from 'vitest'
import type { EntryType, TreeEntry } from '../../../../../src/foundation/filetree/index.ts'
import { diffTrees, type StampedEntry } from '../../../../../src/store/snapshot/copy/tree-diff.ts'

const entry = (path: string, type: EntryType = 'file', more: Partial<TreeEntry> = {}): TreeEntry => ({
  path,
  type,
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
  mtimeNsec: 0,
  ...more,
})
const at = (path: string, stamp: string, type?: EntryType, more?: Partial<TreeEntry>): StampedEntry => ({
  entry: entry(path, type, more),
  stamp,
})
const stamps = (...paths: readonly string[]): ReadonlyMap<string, string> =>
  new Map(['', ...paths].map((path) => [path, 'old']))
const shape = (...arguments_: Parameters<typeof diffTrees>): readonly string[] =>
  diffTrees(...arguments_).map((item) =>
    item.kind === 'whiteout' ? `-${item.path}` : `+${item.path}${item.hardlink ? `=${item.hardlink}` : ''}`,
  )
const root = at('', 'new', 'directory')

describe('diffTrees', () => {
  it('is empty when nothing was touched', () => {
    expect(shape(stamps('a'), [root, at('a', 'old')])).toEqual([])
  })
  it('lists what is new or changed, with its parents, in tree order', () => {
    const after = [root, at('d', 'old', 'directory'), at('d/x', 'new'), at('d.a', 'new'), at('keep', 'old')]
    expect(shape(stamps('d', 'd/x', 'keep'), after)).toEqual(['+d', '+d/x', '+d.a'])
  })
  it('removes only the top of what is gone', () => {
    expect(shape(stamps('d', 'd/a', 'd/a/b', 'e'), [root, at('e', 'old')])).toEqual(['-d'])
    expect(shape(stamps('d', 'd/a'), [root, at('d', 'old', 'directory')])).toEqual(['+d', '-d/a'])
  })
  it('replaces a directory by a file and back', () => {
    expect(shape(stamps('d', 'd/a'), [root, at('d', 'new')])).toEqual(['+d'])
    expect(shape(stamps('d'), [root, at('d', 'new', 'directory'), at('d/a', 'new')])).toEqual(['+d', '+d/a'])
  })
  it('removes the old contents of a directory that was made again', () => {
    const after = [root, at('d', 'new', 'directory'), at('d/b', 'new')]
    expect(shape(stamps('d', 'd/a', 'd/z'), after)).toEqual(['+d', '-d/a', '+d/b', '-d/z'])
  })
  it('writes hard links after their first path', () => {
    const after = [root, at('z', 'new', 'file', { inode: '7' }), at('a', 'new', 'file', { inode: '7' })]
    expect(shape(stamps('z'), after)).toEqual(['+a', '+z=a'])
  })
})
