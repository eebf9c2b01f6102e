import { describe, expect, it } from 'vitest'
import type { EntryType, TreeEntry } from '../../../../../src/foundation/filetree/index.ts'
import { diffTrees, type Seen, type StampedEntry } from '../../../../../src/store/snapshot/copy/tree-diff.ts'

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
const directory = (path: string, stamp: string, identity: string): StampedEntry => ({
  ...at(path, stamp, 'directory'),
  identity,
})
const stamps = (...paths: readonly string[]): ReadonlyMap<string, Seen> =>
  new Map(['', ...paths].map((path) => [path, { stamp: 'old' }]))
const stampsWith = (directories: Readonly<Record<string, string>>, ...paths: readonly string[]) =>
  new Map<string, Seen>([
    ...stamps(...paths),
    ...Object.entries(directories).map(
      ([path, identity]) => [path, { stamp: 'old', identity }] satisfies [string, Seen],
    ),
  ])
const shape = (...arguments_: Parameters<typeof diffTrees>): readonly string[] =>
  diffTrees(...arguments_).map((item) =>
    item.kind === 'whiteout'
      ? `-${item.path}`
      : `+${item.path}${item.hardlink ? `=${item.hardlink}` : ''}${item.opaque ? '!' : ''}`,
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
  it('marks a directory where something else was, as overlay does, and no other one', () => {
    const after = [root, directory('d', 'new', '1'), directory('d/e', 'new', '2'), at('d/e/f', 'new')]
    expect(shape(stamps(), after)).toEqual(['+d', '+d/e', '+d/e/f'])
    expect(shape(stamps('d'), after)).toEqual(['+d!', '+d/e', '+d/e/f'])
  })
  it('hides all of a directory that another has replaced, and lists everything that was moved there', () => {
    const after = [root, directory('d', 'new', '2'), directory('d/moved', 'new', '3'), at('d/moved/f', 'old')]
    expect(shape(stampsWith({ d: '1', 'd/moved': '3' }, 'd/gone', 'd/moved/f'), after)).toEqual([
      '+d!',
      '+d/moved',
      '+d/moved/f',
    ])
  })
  it('hides nothing of a directory that has only changed', () => {
    const after = [root, directory('d', 'new', '1'), at('d/f', 'old')]
    expect(shape(stampsWith({ d: '1' }, 'd/f', 'd/gone'), after)).toEqual(['+d', '-d/gone'])
  })
  it('writes hard links after their first path', () => {
    const after = [root, at('z', 'new', 'file', { inode: '7' }), at('a', 'new', 'file', { inode: '7' })]
    expect(shape(stamps('z'), after)).toEqual(['+a', '+z=a'])
  })
})
