import { describe, expect, it } from 'vitest'
import { type FileTree, parentOf } from '../../../../../src/foundation/filetree/index.ts'
import {
  decodeIndex,
  encodeIndex,
  type IndexAddition,
  type IndexEntry,
  type LayerIndex,
} from '../../../../../src/store/layer/index.ts'
import type { LayerView } from '../../../../../src/store/snapshot/union/layer-view.ts'
import { unionOf } from '../../../../../src/store/snapshot/union/union-tree.ts'

const base = { kind: 'add', mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 } as const
const dir = (path: string, more: Partial<IndexAddition> = {}): IndexAddition => ({
  ...base,
  path,
  type: 'directory',
  ...more,
})
const file = (path: string, text = path): IndexAddition => ({
  ...base,
  path,
  type: 'file',
  size: text.length,
  contentDigest: text,
})
const link = (path: string, linkName: string): IndexAddition => ({ ...base, path, type: 'symlink', linkName })
const gone = (path: string): IndexEntry => ({ kind: 'whiteout', path })

const indexOf = (entries: readonly IndexEntry[]): LayerIndex => ({
  count: entries.length,
  get: (path) => entries.find((entry) => entry.path === path),
  children: (path) => entries.filter((entry) => entry.path !== '' && parentOf(entry.path) === path),
  below: () => [],
  entries: () => entries,
  rows: decodeIndex(encodeIndex([])).rows,
})

/** As an index file has it. */
const markLinks = (entries: readonly IndexEntry[]): readonly IndexEntry[] =>
  entries.map((entry) => {
    if (entry.kind === 'whiteout') return entry
    const first = entries.some((other) => other.kind === 'add' && other.hardlink === entry.path)
    const inode = entry.hardlink ?? (first ? entry.path : undefined)
    return inode === undefined ? entry : { ...entry, inode }
  })

/** Layers bottom first. The bytes of a file are the text that its digest names. */
const union = (...layers: readonly (readonly IndexEntry[])[]): FileTree =>
  unionOf(
    layers
      .map(
        (entries, i): LayerView => ({
          id: `layer${i}`,
          index: indexOf(markLinks(entries)),
          content: (entry) => ({ kind: 'bytes', bytes: Buffer.from(entry.contentDigest ?? '') }),
          digest: (entry) => entry.contentDigest ?? '',
          knownDigest: (entry) => entry.contentDigest,
          learn: () => undefined,
        }),
      )
      .reverse(),
  )

const paths = (tree: FileTree, path = ''): readonly string[] =>
  tree
    .children(path)
    .flatMap((entry) =>
      entry.type === 'directory' ? [`${entry.path}/`, ...paths(tree, entry.path)] : [entry.path],
    )
const text = (tree: FileTree, path: string): string | undefined => {
  const entry = tree.lookup(path, { follow: true })
  return entry && tree.contentDigest(entry)
}

describe('union of layers', () => {
  it('is an empty root for no layers', () => {
    expect(paths(union())).toEqual([])
    expect(union().lookup('')).toMatchObject({ path: '', type: 'directory', mode: 0o755 })
  })
  it('merges directories and lets upper files win', () => {
    const tree = union(
      [dir('d'), file('d/a', 'low'), file('d/b')],
      [dir('d'), file('d/a', 'high'), file('d/c')],
    )
    expect(paths(tree)).toEqual(['d/', 'd/a', 'd/b', 'd/c'])
    expect(text(tree, 'd/a')).toBe('high')
  })
  it('takes the metadata of the topmost directory', () => {
    const tree = union([dir('d', { mode: 0o700 }), file('d/a')], [dir('d', { mode: 0o1777, uid: 7 })])
    expect(tree.lookup('d')).toMatchObject({ mode: 0o1777, uid: 7 })
    expect(paths(tree)).toEqual(['d/', 'd/a'])
  })
  it('takes the metadata of the topmost layer that describes a directory, not of one that only implies it', () => {
    const tree = union([dir('d', { mode: 0o1777 })], [dir('d', { implied: true }), file('d/a')])
    expect(tree.lookup('d')).toMatchObject({ mode: 0o1777 })
    expect(tree.lookup('d')).not.toHaveProperty('implied')
    expect(union([], [dir('d', { implied: true })]).lookup('d')).toMatchObject({ mode: 0o755 })
  })
  it('hides what a whiteout removes, and shows what is made again above it', () => {
    const low = [dir('d'), file('d/a', 'low'), dir('d/e'), file('d/e/f')]
    expect(paths(union(low, [dir('d'), gone('d/a')]))).toEqual(['d/', 'd/e/', 'd/e/f'])
    expect(paths(union(low, [gone('d')]))).toEqual([])
    expect(union(low, [gone('d')]).lookup('d/a')).toBeUndefined()
    const again = union(low, [gone('d')], [dir('d'), file('d/new')])
    expect(paths(again)).toEqual(['d/', 'd/new'])
    expect(paths(union([file('x')], [gone('nothing')]))).toEqual(['x'])
  })
  it('stops merging below an opaque directory', () => {
    const low = [dir('d'), file('d/a'), dir('d/e'), file('d/e/f')]
    const middle = [dir('d', { opaque: true }), file('d/b')]
    expect(paths(union(low, middle, [dir('d'), file('d/c')]))).toEqual(['d/', 'd/b', 'd/c'])
  })
  it('stops merging below a layer whose root is opaque', () => {
    const tree = union([file('a')], [dir('', { opaque: true, implied: true }), file('b')], [file('c')])
    expect(paths(tree)).toEqual(['b', 'c'])
    expect(tree.lookup('a')).toBeUndefined()
  })
  it('lets a file hide a directory, and a directory hide a file and all that is under it', () => {
    const low = [dir('d'), file('d/a')]
    expect(paths(union(low, [file('d')]))).toEqual(['d'])
    expect(union(low, [file('d')]).lookup('d/a')).toBeUndefined()
    const back = union(low, [file('d')], [dir('d'), file('d/b')])
    expect(paths(back)).toEqual(['d/', 'd/b'])
  })
  it('lets an upper directory hide a lower symlink, as overlay does', () => {
    const tree = union([dir('usr'), file('usr/x'), link('a', 'usr')], [dir('a'), file('a/b')])
    expect(paths(tree)).toEqual(['a/', 'a/b', 'usr/', 'usr/x'])
    expect(tree.lookup('a/x')).toBeUndefined()
    expect(tree.lookup('a/b')).toMatchObject({ path: 'a/b' })
    expect(tree.lookup('usr/b')).toBeUndefined()
  })
  it('sorts by code unit', () => {
    expect(
      paths(union([file('b'), file('B'), file('\u{1f600}')], [file('a'), file('\uff5e'), file('a.b')])),
    ).toEqual(['B', 'a', 'a.b', 'b', '\u{1f600}', '\uff5e'])
  })
})

describe('symlinks in a union', () => {
  const tree = union(
    [dir('usr'), dir('usr/lib'), file('usr/lib/so'), link('lib', 'usr/lib'), link('abs', '/usr')],
    [
      link('up', '../../../../usr/lib/so'),
      link('self', 'self'),
      link('dangling', 'none'),
      link('dots', 'usr/./lib/../lib'),
    ],
  )
  it.each([
    ['lib/so', 'usr/lib/so'],
    ['/lib//so', 'usr/lib/so'],
    ['abs/lib/so', 'usr/lib/so'],
    ['up', 'usr/lib/so'],
    ['dots/so', 'usr/lib/so'],
    ['lib/../lib/so', 'usr/lib/so'],
    ['../../lib', 'usr/lib'],
    ['lib/..', 'usr'],
    ['.', ''],
  ])('resolves %s to %s', (path, real) => {
    expect(tree.lookup(path, { follow: true })).toMatchObject({ path: real })
  })
  it('keeps a symlink at the end unless told to follow', () => {
    expect(tree.lookup('lib')).toMatchObject({ path: 'lib', type: 'symlink', linkName: 'usr/lib' })
    expect(tree.lookup('dangling')).toMatchObject({ type: 'symlink' })
  })
  it('finds nothing behind a dangling link, a file, or a missing directory', () => {
    expect(tree.lookup('dangling', { follow: true })).toBeUndefined()
    expect(tree.lookup('dangling/x')).toBeUndefined()
    expect(tree.lookup('usr/lib/so/x')).toBeUndefined()
    expect(tree.lookup('usr/lib/so/..')).toBeUndefined()
    expect(tree.lookup('none/..')).toBeUndefined()
  })
  it('ends a loop with an error, and follows 40 links but not 41', () => {
    expect(() => tree.lookup('self', { follow: true })).toThrowError(
      expect.objectContaining({ code: 'symlink-loop' }),
    )
    expect(() => tree.lookup('self/x')).toThrowError(expect.objectContaining({ code: 'symlink-loop' }))
    const chain = [
      file('end'),
      ...Array.from({ length: 41 }, (_, i) => link(`l${i}`, i === 0 ? 'end' : `l${i - 1}`)),
    ]
    expect(union(chain).lookup('l39', { follow: true })).toMatchObject({ path: 'end' })
    expect(() => union(chain).lookup('l40', { follow: true })).toThrow()
  })
})

describe('files of a union', () => {
  it('reads hard links from the first path of their own layer', () => {
    const linked: IndexAddition = { ...file('b', ''), hardlink: 'a' }
    const tree = union([file('a', 'one'), linked], [file('a', 'two')])
    expect(text(tree, 'b')).toBe('one')
    expect(text(tree, 'a')).toBe('two')
    expect(tree.lookup('b')).toMatchObject({ size: 3 })
  })
  it('tells that two paths are one inode, but not across layers', () => {
    const linked: IndexAddition = { ...file('b', ''), hardlink: 'a' }
    const tree = union([file('a', 'one'), linked])
    expect(tree.lookup('a')?.inode).toBeDefined()
    expect(tree.lookup('a')?.inode).toBe(tree.lookup('b')?.inode)
    const replaced = union(
      [file('a', 'one'), linked],
      [file('a', 'two'), { ...file('c', ''), hardlink: 'a' }],
    )
    expect(replaced.lookup('a')?.inode).not.toBe(replaced.lookup('b')?.inode)
  })
  it('gives bytes of empty files without touching the layer', () => {
    const tree = union([file('empty', '')])
    const entry = tree.lookup('empty')
    expect(entry && tree.content(entry)).toEqual({ kind: 'bytes', bytes: new Uint8Array() })
  })
  it('refuses to read what is no file', () => {
    const tree = union([dir('d'), link('l', 'd')])
    for (const path of ['d', 'l']) {
      const entry = tree.lookup(path)
      expect(() => entry && tree.content(entry)).toThrowError(expect.objectContaining({ code: 'not-a-file' }))
    }
  })
  it('shows nothing of the index in its entries', () => {
    const tree = union([{ ...file('a', 'x'), offset: 512 }, dir('d', { opaque: true })])
    for (const key of ['offset', 'contentDigest', 'kind', 'opaque', 'hardlink']) {
      expect(tree.lookup('a')).not.toHaveProperty(key)
      expect(tree.lookup('d')).not.toHaveProperty(key)
    }
  })
})
