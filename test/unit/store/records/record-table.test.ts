import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRecordTable, type RecordTable } from '../../../../src/store/records/index.ts'

const parseNumber = (value: unknown): number => {
  if (typeof value !== 'number') throw new TypeError('not a number')
  return value
}

describe('record table', () => {
  let parent: string
  let directory: string
  let table: RecordTable<number>
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'tsbuild-records-'))
    directory = join(parent, 'records/numbers')
    table = createRecordTable(directory, parseNumber)
  })
  afterEach(() => {
    chmodSync(parent, 0o700)
    rmSync(parent, { recursive: true, force: true })
  })
  const fileOf = (key: string): string => {
    const before = new Set(existsSync(directory) ? readdirSync(directory) : [])
    table.put(key, 1)
    const [name] = readdirSync(directory).filter((file) => !before.has(file))
    return join(directory, name ?? '')
  }

  it('is empty before anything was written, and reading makes no directory', () => {
    expect(table.get('a')).toBeUndefined()
    expect([...table.entries()]).toEqual([])
    expect(readdirSync(parent)).toEqual([])
    table.remove('a')
  })
  it.each([
    'plain',
    '',
    '.',
    '..',
    '../../escape',
    '/etc/passwd',
    'docker.io/library/nginx:v3',
    '.hidden.tmp',
    'nul\0byte',
    '\u{1f600}',
    'x'.repeat(5000),
    '__proto__',
  ])('keeps the key %j, inside its directory', (key) => {
    table.put(key, 7)
    expect(table.get(key)).toBe(7)
    expect([...table.entries()]).toEqual([[key, 7]])
    expect(readdirSync(directory)).toHaveLength(1)
    expect(readdirSync(parent)).toEqual(['records'])
    table.remove(key)
    expect(table.get(key)).toBeUndefined()
    expect(readdirSync(directory)).toEqual([])
  })
  it('never takes a key for the hash of another', () => {
    const file = fileOf('a/b')
    const hashed = file.slice(file.lastIndexOf('/') + 1)
    table.put(hashed, 2)
    table.put(hashed.slice(1), 3)
    expect([table.get('a/b'), table.get(hashed), table.get(hashed.slice(1))]).toEqual([1, 2, 3])
  })
  it('replaces', () => {
    table.put('a', 1)
    table.put('a', 2)
    expect(table.get('a')).toBe(2)
  })
  it('adds only what is absent', () => {
    expect(table.add('a', 1)).toBe(true)
    expect(table.add('a', 2)).toBe(false)
    expect(table.get('a')).toBe(1)
    expect(readdirSync(directory)).toEqual(['a'])
  })
  it.each([
    ['torn', (path: string) => truncateSync(path, 9)],
    ['empty', (path: string) => truncateSync(path, 0)],
    ['of another type', (path: string) => writeFileSync(path, '{"key":"a","value":"text"}')],
    ['without a value', (path: string) => writeFileSync(path, '{"key":"a"}')],
    ['no object', (path: string) => writeFileSync(path, 'null')],
    ['binary', (path: string) => writeFileSync(path, Buffer.from([0xff, 0, 1]))],
  ])('takes a record that is %s for absent, and heals it', (_, damage) => {
    damage(fileOf('a'))
    table.put('b', 2)
    expect(table.get('a')).toBeUndefined()
    expect([...table.entries()]).toEqual([['b', 2]])
    expect(table.add('a', 3)).toBe(true)
    expect(table.get('a')).toBe(3)
    expect(readdirSync(directory)).toEqual(['a', 'b'])
  })
  it('ignores foreign files, copies under other names and directories', () => {
    copyFileSync(fileOf('a'), join(directory, 'b'))
    writeFileSync(join(directory, 'README.md'), 'hello')
    writeFileSync(join(directory, '.0123.tmp'), '{"key":"t","value":1}')
    mkdirSync(join(directory, 'c'))
    expect(table.get('b')).toBeUndefined()
    expect(table.get('c')).toBeUndefined()
    expect([...table.entries()]).toEqual([['a', 1]])
  })
})
