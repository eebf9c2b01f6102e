import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDirectoryContext } from '../../../../src/build/context/index.ts'
import {
  isSettled,
  loadStatCache,
  type StampedDigest,
  storeStatCache,
} from '../../../../src/build/context/stat-cache.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-stat-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const record = (name: string): StampedDigest => ({
  name,
  size: 5,
  mtimeMs: 1_700_000_000_123.45,
  ctimeMs: 1_700_000_000_999.25,
  ino: 2 ** 40 + 1,
  dev: 64769,
  mode: 0o100644,
  digest: 'ab'.repeat(32),
})

describe('the file', () => {
  it('gives back what was stored', () => {
    const file = join(root, 'cache')
    const files = [record('a'), record('ä'), record('😀')]
    storeStatCache(file, [
      ['', files],
      ['d/é', [record('x')]],
      ['empty', []],
    ])
    const cache = loadStatCache(file)
    expect([...cache.directories()]).toEqual(['', 'd/é'])
    expect(cache.files('')).toEqual(files)
    expect(cache.files('d/é')).toEqual([record('x')])
    expect(cache.files('other')).toEqual([])
  })

  it('counts as empty when absent, torn or damaged', () => {
    const file = join(root, 'cache')
    expect([...loadStatCache(file).directories()]).toEqual([])
    storeStatCache(file, [['', [record('a')]]])
    const whole = readFileSync(file)
    for (let length = 0; length < whole.length; length += 7) {
      writeFileSync(file, whole)
      truncateSync(file, length)
      expect([...loadStatCache(file).directories()]).toEqual([])
    }
    const damaged = Buffer.from(whole)
    damaged.writeUInt8(damaged.readUInt8(40) ^ 1, 40)
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
    expect(loadStatCache(stateFile).files('')).toEqual([])
    await settle()
    const known = digest()
    expect(loadStatCache(stateFile).files('')).toMatchObject([{ name: 'f', digest: known }])
    // Proof that it is used: a wrong digest in the cache comes back.
    const [entry] = loadStatCache(stateFile).files('')
    if (entry !== undefined) storeStatCache(stateFile, [['', [{ ...entry, digest: '00'.repeat(32) }]]])
    expect(digest()).toBe('00'.repeat(32))
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
    expect(loadStatCache(stateFile).files('b')).toHaveLength(1)
    rmSync(join(root, 'b'), { recursive: true })
    writeFileSync(join(root, 'a/f'), 'again!')
    await settle()
    const third = openDirectoryContext({ directory: root, stateFile })
    third.treeDigest('')
    third.save()
    expect([...loadStatCache(stateFile).directories()]).toEqual(['a'])
  })
})
