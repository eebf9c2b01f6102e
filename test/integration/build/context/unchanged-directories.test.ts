import {
  chmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type BuildContext, openDirectoryContext } from '../../../../src/build/context/index.ts'
import { loadStatCache } from '../../../../src/build/context/load-stat-cache.ts'
import { storeStatCache } from '../../../../src/build/context/store-stat-cache.ts'
import type { TreeEntry } from '../../../../src/foundation/filetree/index.ts'
import { type ComparedAhead, changedDirectories } from '../../../../src/foundation/native/index.ts'
import { plainNode } from '../../../support/context-nodes.ts'

let work = ''
let root = ''
let stateFile = ''

const put = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

/** More names than are worth listing in this process. */
beforeEach(async () => {
  work = mkdtempSync(join(tmpdir(), 'tsbuild-unchanged-'))
  root = join(work, 'context')
  stateFile = join(work, 'state')
  for (let d = 0; d < 21; d++) {
    for (let f = 0; f < 100; f++) put(`src/m${d}/é${f}`, `${d} ${f}`)
  }
  put('docs/a.md', 'a')
  put('top.txt', 'top')
  put('top.log', 'log')
  symlinkSync('top.txt', join(root, 'link'))
  await settle()
})
afterEach(() => rmSync(work, { recursive: true, force: true }))

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 80))

const open = (rules: string, remember = true): BuildContext =>
  openDirectoryContext({
    directory: root,
    ignore: { file: '.dockerignore', text: rules },
    ...(remember && { stateFile }),
  })

const build = (path = '', rules = '*.log'): string => {
  const context = open(rules)
  const digest = context.treeDigest(path)
  context.save()
  return digest
}

/** What a build without memory says. */
const truth = (path = '', rules = '*.log'): string => open(rules, false).treeDigest(path)

const changedBlocks = (prefix = ''): readonly string[] => {
  const cache = loadStatCache(stateFile)
  const { numbers } = changedDirectories({ root, stateFile, seal: cache.seal, prefix })
  return [...cache.directories()].filter((path) => numbers.has(cache.summary(path)?.number ?? -1))
}

describe('the helper', () => {
  it('finds the directories with a difference, and no others', async () => {
    build()
    expect(changedBlocks()).toEqual([])
    put('src/m3/é7', '3 8')
    put('src/m4/new', '')
    unlinkSync(join(root, 'src/m5/é0'))
    await settle()
    expect(changedBlocks().toSorted()).toEqual(['src', 'src/m3', 'src/m4', 'src/m5'])
    expect(changedBlocks('src/m4')).toEqual(['src/m4'])
    expect(changedBlocks('src/m')).toEqual([])
  })

  it('refuses a file that is not the one the caller has read', () => {
    build()
    expect(() => changedDirectories({ root, stateFile, seal: '00'.repeat(32), prefix: '' })).toThrow(/ESTALE/)
    expect(() => changedDirectories({ root, stateFile: join(work, 'none'), seal: '', prefix: '' })).toThrow(
      /ENOENT/,
    )
  })

  it('does not believe an entry that was too young when it was recorded', () => {
    put('src/m3/é7', 'young')
    build()
    expect(changedBlocks()).toContain('src/m3')
  })
})

describe('a context that was seen before', () => {
  it('is not listed again', () => {
    const before = build()
    // Proof that it is used: a wrong digest in the cache counts.
    const wrong = new Map([
      ['', undefined],
      ['src', '11'.repeat(32)],
    ])
    const cache = loadStatCache(stateFile)
    const blocks = [...cache.directories()].flatMap((path) => cache.directory(path) ?? [])
    storeStatCache(
      stateFile,
      cache.rules,
      blocks.map((block) =>
        wrong.has(block.path) ? { ...block, treeDigest: wrong.get(block.path) } : block,
      ),
    )
    expect(build()).not.toBe(before)
    expect(truth()).toBe(before)
  })

  it('counts its files without looking at them', () => {
    build()
    const context = open('*.log')
    const top = context.lookup('')
    expect(top && context.countFiles(top)).toEqual({ files: 2103 - 1, cold: 0, coldBytes: 0 })
  })

  it('gives the same entries out of the cache as from the disk', () => {
    linkSync(join(root, 'top.txt'), join(root, 'docs/hard'))
    build()
    const context = open('*.log')
    context.treeDigest('')
    const plain = (entries: Iterable<TreeEntry>): unknown => [...entries].map(plainNode)
    expect(plain(context.walk(''))).toEqual(plain(open('*.log', false).walk('')))
  })

  type Change = readonly [name: string, change: () => void]
  const changes: readonly Change[] = [
    ['nothing', () => undefined],
    ['an edit', () => put('src/m3/é7', 'edited')],
    [
      'an edit of the same size, with its old time',
      () => {
        put('src/m3/é7', '7 3')
        utimesSync(join(root, 'src/m3/é7'), 1_000_000, 1_000_000)
      },
    ],
    ['a new file', () => put('src/m3/new', 'new')],
    ['a new directory', () => put('src/m3/new/deep/file', 'new')],
    ['a new empty directory', () => mkdirSync(join(root, 'src/m3/empty'))],
    ['a file that goes', () => unlinkSync(join(root, 'src/m3/é7'))],
    ['one that goes and one that comes', () => renameSync(join(root, 'src/m3/é7'), join(root, 'src/m3/z'))],
    ['an ignored one that becomes visible', () => renameSync(join(root, 'top.log'), join(root, 'top.lo'))],
    ['a directory that goes', () => rmSync(join(root, 'src/m3'), { recursive: true })],
    ['a directory that moves', () => renameSync(join(root, 'src/m3'), join(root, 'docs/m3'))],
    ['another mode', () => chmodSync(join(root, 'src/m3/é7'), 0o600)],
    ['another mode of a directory', () => chmodSync(join(root, 'src/m3'), 0o700)],
    [
      'a file that becomes a directory',
      () => {
        unlinkSync(join(root, 'src/m3/é7'))
        mkdirSync(join(root, 'src/m3/é7'))
      },
    ],
    [
      'a directory that becomes a link to its like',
      () => {
        renameSync(join(root, 'src/m3'), join(work, 'm3'))
        symlinkSync(join(work, 'm3'), join(root, 'src/m3'))
      },
    ],
    [
      'another link target',
      () => {
        unlinkSync(join(root, 'link'))
        symlinkSync('top.lot', join(root, 'link'))
        lutimesSync(join(root, 'link'), 1_000_000, 1_000_000)
      },
    ],
    ['an ignored file', () => put('other.log', 'log')],
  ]

  it.each(changes)('%s', async (_, change) => {
    build()
    change()
    const expected = truth()
    expect(build()).toBe(expected)
    await settle()
    expect(build()).toBe(expected)
    expect(build()).toBe(expected)
    expect(changedBlocks()).toEqual([])
  })

  it('a build that looks at a part does not make the rest believe that nothing changed', async () => {
    build()
    put('src/m3/é7', 'edited')
    await settle()
    expect(build('src/m3')).toBe(truth('src/m3'))
    expect(build('src')).toBe(truth('src'))
    put('src/m3/é7', 'edited again')
    await settle()
    const part = open('*.log')
    part.contentDigest(part.lookup('src/m3/é7') ?? expect.fail())
    part.save()
    expect(build()).toBe(truth())
  })

  it('other rules show other files', () => {
    const before = build()
    expect(build('', '*.log\ndocs')).toBe(truth('', '*.log\ndocs'))
    expect(build('', '*.log\ndocs')).not.toBe(before)
    expect(build()).toBe(before)
    expect(changedBlocks()).toEqual([])
  })

  it('an ignored directory shows as soon as there is something in it that an exception takes back', async () => {
    const rules = 'docs\n!docs/*.txt'
    expect(build('', rules)).toBe(truth('', rules))
    put('docs/x.txt', 'x')
    await settle()
    const shown = truth('', rules)
    expect(build('', rules)).toBe(shown)
    expect(build('', rules)).toBe(shown)
    unlinkSync(join(root, 'docs/x.txt'))
    expect(build('', rules)).not.toBe(shown)
    expect(build('', rules)).toBe(truth('', rules))
  })
})

describe('a comparison that was made before', () => {
  /** Nothing has changed, says somebody, though it has: who believes it takes what the cache has. */
  const digestWith = (claim: Partial<ComparedAhead>): string => {
    const cache = loadStatCache(stateFile)
    const compared = [...cache.directories()].length
    const ahead = {
      root,
      stateFile,
      seal: cache.seal,
      changed: { numbers: new Set<number>(), compared },
      ...claim,
    }
    return openDirectoryContext({
      directory: root,
      ignore: { file: '.dockerignore', text: '*.log' },
      stateFile,
      compared: () => ahead,
    }).treeDigest('src')
  }

  it('is taken when it is of this cache, in this state, and of all of it', async () => {
    const before = build('src')
    put('src/m3/é7', '3 8')
    await settle()
    const now = truth('src')
    expect(now).not.toBe(before)
    expect(digestWith({})).toBe(before)
    const all = [...loadStatCache(stateFile).directories()].length
    const others: readonly Partial<ComparedAhead>[] = [
      { root: work },
      { stateFile: `${stateFile}2` },
      { seal: '00'.repeat(32) },
      { changed: { numbers: new Set(), compared: all - 1 } },
    ]
    for (const other of others) expect(digestWith(other), JSON.stringify(other)).toBe(now)
  })
})
