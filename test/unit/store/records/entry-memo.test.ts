import { mkdtempSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEntryMemo } from '../../../../src/store/records/entry-memo.ts'

let temp: string
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-memo-'))
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

const rig = (ahead: number) => {
  const path = join(temp, 'file')
  writeFileSync(path, 'one')
  const memo = createEntryMemo<string>(() => Date.now() + ahead)
  let reads = 0
  const get = (text: string | undefined) =>
    memo.get(path, () => {
      reads++
      return text
    })
  return { path, memo, get, reads: () => reads }
}

describe('the memo of entries', () => {
  it('reads a file once that has not changed of late', () => {
    const { path, memo, get, reads } = rig(10_000)
    expect([memo.has(path), get('a'), get('b'), memo.has(path), reads()]).toEqual([false, 'a', 'a', true, 1])
  })
  it('does not trust one that has just been written', () => {
    const { get, reads } = rig(0)
    expect([get('a'), get('b'), reads()]).toEqual(['a', 'b', 2])
  })
  it('sees that another file has taken its place, that it was written again, touched, or is gone', () => {
    const { path, get } = rig(10_000)
    expect(get('a')).toBe('a')
    writeFileSync(`${path}.new`, 'one')
    renameSync(`${path}.new`, path)
    expect(get('b')).toBe('b')
    // The clock of files goes in steps.
    for (const { ctimeMs } = statSync(path); statSync(path).ctimeMs === ctimeMs; ) utimesSync(path, 1, 1)
    expect(get('c')).toBe('c')
    rmSync(path)
    expect(get(undefined)).toBeUndefined()
  })
})
