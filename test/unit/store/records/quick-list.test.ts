import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRecordTable, fileNameOf, type RecordTable } from '../../../../src/store/records/index.ts'

let temp: string
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-lists-'))
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

const parse = (value: unknown): number => {
  if (typeof value !== 'number') throw new TypeError('not a number')
  return value
}
const lists = (): string => join(temp, 'lists')
const directory = (): string => join(temp, 'table')
/** Another process: it remembers nothing. */
const shown = (): RecordTable<number> => createRecordTable(directory(), parse, { lists: lists() })
const table = (): RecordTable<number> => createRecordTable(directory(), parse)

const fill = (count: number): void => {
  for (let i = 0; i < count; i++) table().put(`key/${i}`, i)
}
/** As if nothing had changed for a minute. */
const rest = (minutes = 1): void => {
  const then = Date.now() / 1000 - minutes * 60 + 0.5
  utimesSync(directory(), then, then)
}
const written = (): readonly string[] => {
  try {
    return readdirSync(lists())
  } catch {
    return []
  }
}
/** Changes the file of a record in place, which no writer does: whoever reads it one by one sees that. */
const deface = (key: string): void =>
  writeFileSync(join(directory(), fileNameOf(key)), JSON.stringify({ key, value: -1 }))

describe('lists of records that are only shown', () => {
  it('reads them together the second time, until one comes, is replaced or goes', () => {
    fill(300)
    rest()
    const all = [...table().entries()]
    expect(all).toHaveLength(300)
    expect([...shown().entries()]).toEqual(all)
    expect(written()).toEqual(['table.json'])
    deface('key/7')
    expect([...shown().entries()]).toEqual(all)
    expect(new Map(table().entries()).get('key/7')).toBe(-1)
    for (const change of [
      () => table().put('key/8', 1000),
      () => table().remove('key/9'),
      () => void table().add('new', 1),
    ]) {
      change()
      expect([...shown().entries()]).toEqual([...table().entries()])
    }
  })

  it('writes nothing for few records, nor while the directory may change again in the same moment', () => {
    fill(20)
    rest()
    expect([...shown().entries()]).toHaveLength(20)
    fill(300)
    expect([...shown().entries()]).toHaveLength(300)
    expect(written()).toEqual([])
    const now = Date.now() / 1000
    // A file system that knows only seconds.
    utimesSync(directory(), Math.floor(now), Math.floor(now))
    expect([...shown().entries()]).toHaveLength(300)
    expect(written()).toEqual([])
  })

  it('does without a list that is torn, of another time, or has what is no record', () => {
    fill(300)
    rest()
    const all = [...shown().entries()]
    const place = join(lists(), 'table.json')
    const whole = readFileSync(place, 'utf8')
    const stamp: unknown = JSON.parse(whole)[0]
    for (const text of [
      '',
      whole.slice(0, -9),
      '{}',
      JSON.stringify([stamp, [['key/1', 'x']]]),
      JSON.stringify(['0 0 0', []]),
    ]) {
      writeFileSync(place, text)
      expect([...shown().entries()]).toEqual(all)
      expect(readFileSync(place, 'utf8')).toBe(whole)
    }
  })

  it('notices changes within one process, and does without a place to write to', () => {
    fill(300)
    rest()
    const one = shown()
    expect([...one.entries()]).toHaveLength(300)
    table().remove('key/1')
    expect([...one.entries()]).toHaveLength(299)
    rest(2)
    writeFileSync(join(temp, 'file'), '')
    const nowhere = createRecordTable(directory(), parse, { lists: join(temp, 'file') })
    expect([...nowhere.entries()]).toHaveLength(299)
  })
})
