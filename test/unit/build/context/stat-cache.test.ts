import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CachedNode } from '../../../../src/build/context/file-stamp.ts'
import { openDirectoryContext } from '../../../../src/build/context/index.ts'
import { loadStatCache } from '../../../../src/build/context/load-stat-cache.ts'
import {
  hideNames,
  type PackedNames,
  packNames,
  recallDigests,
  recordsOf,
  setDigest,
} from '../../../../src/build/context/packed-names.ts'
import { type CachedDirectory, isSettled } from '../../../../src/build/context/stat-cache.ts'
import { recordNode } from '../../../../src/build/context/stat-records.ts'
import { forget, storeStatCache } from '../../../../src/build/context/store-stat-cache.ts'
import { decodePath } from '../../../../src/foundation/filetree/index.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-stat-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const rules = 'cd'.repeat(32)

const record = (name: string, more: Partial<CachedNode> = {}): CachedNode => ({
  name,
  size: 5,
  mtimeMs: 1_700_000_000_123.45,
  ctimeMs: 1_700_000_000_999.25,
  ino: 2 ** 40 + 1,
  dev: 64769,
  mode: 0o100644,
  digest: 'ab'.repeat(32),
  linked: false,
  rest: '',
  ...more,
})

const directory = (path: string, nodes: readonly CachedNode[]): CachedDirectory => ({
  path,
  names: packNames(nodes),
  hidden: hideNames([]),
  comparable: true,
  treeDigest: undefined,
})

/** Files with digests of one directory. */
const filesIn = (file: string, path: string): readonly CachedNode[] =>
  nodesOf(loadStatCache(file).directory(path)?.names).filter((node) => node.digest !== undefined)

const nodesOf = (names: PackedNames | undefined): readonly CachedNode[] =>
  names === undefined ? [] : [...recordsOf(names)].map((at) => recordNode(names.bytes, at))

/** All that is known of a directory, as objects. */
const unpacked = (found: CachedDirectory | undefined): unknown =>
  found && {
    path: found.path,
    nodes: nodesOf(found.names),
    hidden: found.hidden.bytes.toString('hex'),
    hiddenCount: found.hidden.count,
    comparable: found.comparable,
    treeDigest: found.treeDigest,
  }

describe('the file', () => {
  const odd = decodePath(Buffer.from([0x61, 0xff]))

  it('finds the directories at and below one', () => {
    const file = join(root, 'cache')
    const paths = ['', 'a', 'a-b', 'a/z', 'a/z/y', 'a0', 'b/c']
    const directories = paths.toReversed().map((path) => directory(path, []))
    storeStatCache(file, rules, directories)
    const cache = loadStatCache(file)
    expect([...cache.directories()].sort()).toEqual(paths)
    expect([...cache.directories('')].sort()).toEqual(paths)
    expect([...cache.directories('a')]).toEqual(['a', 'a/z', 'a/z/y'])
    expect([...cache.directories('a/z/y')]).toEqual(['a/z/y'])
    expect([...cache.directories('b')]).toEqual(['b/c'])
    for (const none of ['c', 'a/', 'A', 'zz']) expect([...cache.directories(none)]).toEqual([])
  })

  it('gives back what was stored', () => {
    const file = join(root, 'cache')
    const top: CachedDirectory = {
      path: '',
      names: packNames([
        record('a', { linked: true }),
        record('d', { mode: 0o040755, digest: undefined }),
        record('l', { mode: 0o120777, digest: undefined, rest: `../${odd}` }),
        record('n', { mode: 0o020600, digest: undefined, rest: '1:3' }),
        record('ä'),
        record('😀', { ctimeMs: Number.NaN, digest: undefined }),
        record(odd),
      ]),
      hidden: hideNames(['node_modules', odd]),
      comparable: false,
      treeDigest: 'ef'.repeat(32),
    }
    const other = directory('d/é', [record('x')])
    storeStatCache(file, rules, [top, other, directory('empty', [])])
    const cache = loadStatCache(file)
    expect(cache.rules).toBe(rules)
    expect([...cache.directories()]).toEqual(['', 'd/é', 'empty'])
    expect(unpacked(cache.directory(''))).toEqual(unpacked(top))
    expect(cache.directory('')?.hidden.bytes.toString('latin1')).toBe('\x0c\0node_modules\x02\0a\xff')
    expect(unpacked(cache.directory('d/é'))).toEqual(unpacked(other))
    expect(cache.directory('other')).toBeUndefined()
    expect(cache.summary('')).toEqual({
      number: 0,
      records: 7,
      files: 4,
      directories: 1,
      comparable: false,
      treeDigest: 'ef'.repeat(32),
    })
    expect(cache.summary('empty')).toMatchObject({ number: 2, records: 0, treeDigest: undefined })
  })

  it('finds digests by name and stamp, asked in order', () => {
    const file = join(root, 'cache')
    const racy = record('b', { ctimeMs: Number.NaN })
    storeStatCache(file, rules, [directory('', [record('a'), record(odd), racy, record('c')])])
    const known = loadStatCache(file).directory('')?.names ?? packNames([])
    const changed = record('a', { size: 6, digest: undefined })
    const asked = [changed, record('aa'), record(odd), racy, record('c')]
    const names = packNames(asked.map((one) => ({ ...one, digest: undefined })))
    recallDigests(known, names)
    const found = nodesOf(names).map(({ name, digest }) => [name, digest])
    const digest = 'ab'.repeat(32)
    expect(found).toEqual([
      ['a', undefined],
      ['aa', undefined],
      [odd, digest],
      ['b', undefined],
      ['c', digest],
    ])
    // What others hold too stays as it is.
    const [first] = nodesOf(known)
    setDigest(known, 0, '11'.repeat(32))
    expect(nodesOf(known)[0]?.digest).toBe('11'.repeat(32))
    expect(nodesOf(loadStatCache(file).directory('')?.names)[0]).toEqual(first)
  })

  it('stores blocks of an earlier file again, with what no longer holds taken out', () => {
    const file = join(root, 'cache')
    const stored = { ...directory('d', [record('x')]), treeDigest: 'ef'.repeat(32) }
    storeStatCache(file, rules, [directory('', []), stored])
    const block = (): Buffer => loadStatCache(file).block('d') ?? Buffer.alloc(0)
    storeStatCache(file, rules, [block()])
    expect(unpacked(loadStatCache(file).directory('d'))).toEqual(unpacked(stored))
    storeStatCache(file, rules, [forget(block(), 'tree-digest')])
    expect(unpacked(loadStatCache(file).directory('d'))).toEqual(
      unpacked({ ...stored, treeDigest: undefined }),
    )
    storeStatCache(file, rules, [forget(block(), 'listing')])
    expect(unpacked(loadStatCache(file).directory('d'))).toEqual(
      unpacked({ ...stored, comparable: false, treeDigest: undefined }),
    )
  })

  it('counts as empty when absent, torn or damaged', () => {
    const file = join(root, 'cache')
    expect([...loadStatCache(file).directories()]).toEqual([])
    storeStatCache(file, rules, [directory('', [record('a')])])
    const whole = readFileSync(file)
    for (let length = 0; length < whole.length; length += 7) {
      writeFileSync(file, whole)
      truncateSync(file, length)
      expect([...loadStatCache(file).directories()]).toEqual([])
    }
    const damaged = Buffer.from(whole)
    damaged.writeUInt8(damaged.readUInt8(140) ^ 1, 140)
    writeFileSync(file, damaged)
    expect([...loadStatCache(file).directories()]).toEqual([])
  })
})

it('a stamp counts only when a later change must show in its ctime', () => {
  expect(isSettled(1_000_000.5, 1_000_020)).toBe(false)
  expect(isSettled(1_000_000.5, 1_000_100)).toBe(true)
  // Whole seconds: the file system may keep no more.
  expect(isSettled(1_000_000, 1_001_500)).toBe(false)
  expect(isSettled(1_000_000, 1_003_000)).toBe(true)
  // A clock that was set back.
  expect(isSettled(2_000_000.5, 1_000_000)).toBe(false)
})

describe('between builds', () => {
  const digest = (): string => {
    const context = openDirectoryContext({ directory: root, stateFile })
    const f = context.lookup('f')
    const found = f === undefined ? '' : context.contentDigest(f)
    context.save()
    return found
  }
  let stateFile = ''
  let state = ''
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'tsbuild-state-'))
    stateFile = join(state, 'context/one')
  })
  afterEach(() => rmSync(state, { recursive: true, force: true }))
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 80))

  it('an edit of the same size in the same millisecond is seen', () => {
    for (let i = 0; i < 50; i++) {
      writeFileSync(join(root, 'f'), `a${i % 10}`)
      const before = digest()
      writeFileSync(join(root, 'f'), `b${i % 10}`)
      expect(digest()).not.toBe(before)
    }
  })

  it('an edit of the same size with the old mtime put back is seen', async () => {
    writeFileSync(join(root, 'f'), 'aaaa')
    utimesSync(join(root, 'f'), 1_000_000, 1_000_000)
    await settle()
    const before = digest()
    const { ino } = statSync(join(root, 'f'))
    writeFileSync(join(root, 'f'), 'bbbb')
    utimesSync(join(root, 'f'), 1_000_000, 1_000_000)
    expect(statSync(join(root, 'f'))).toMatchObject({ ino, size: 4, mtimeMs: 1_000_000_000 })
    expect(digest()).not.toBe(before)
  })

  it('the digest of an unchanged file is taken from the cache, and a fresh one is not put there', async () => {
    writeFileSync(join(root, 'f'), 'text')
    digest()
    expect(filesIn(stateFile, '')).toEqual([])
    await settle()
    const known = digest()
    expect(filesIn(stateFile, '')).toMatchObject([{ name: 'f', digest: known }])
    // Proof that it is used: a wrong digest in the cache comes back.
    const [entry] = filesIn(stateFile, '')
    const wrong = '11'.repeat(32)
    if (entry !== undefined) storeStatCache(stateFile, rules, [directory('', [{ ...entry, digest: wrong }])])
    expect(digest()).toBe(wrong)
  })

  it('directories that a build did not look into stay known', async () => {
    const { mkdirSync } = await import('node:fs')
    for (const name of ['a', 'b']) {
      mkdirSync(join(root, name))
      writeFileSync(join(root, name, 'f'), name)
    }
    await settle()
    const first = openDirectoryContext({ directory: root, stateFile })
    first.treeDigest('')
    first.save()
    writeFileSync(join(root, 'a/f'), 'changed')
    await settle()
    const second = openDirectoryContext({ directory: root, stateFile })
    second.treeDigest('a')
    second.save()
    expect(filesIn(stateFile, 'b')).toHaveLength(1)
    rmSync(join(root, 'b'), { recursive: true })
    writeFileSync(join(root, 'a/f'), 'again!')
    await settle()
    const third = openDirectoryContext({ directory: root, stateFile })
    third.treeDigest('')
    third.save()
    expect([...loadStatCache(stateFile).directories()]).toEqual(['', 'a'])
  })
})
