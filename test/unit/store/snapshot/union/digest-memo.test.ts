import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDigestMemo } from '../../../../../src/store/snapshot/union/digest-memo.ts'

const digest = (character: string): string => character.repeat(64)
const saved = (): Promise<void> => new Promise((done) => setImmediate(done))

describe('remembered digests', () => {
  let directory: string
  let file: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tsbuild-memo-'))
    file = join(directory, 'digests')
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it.each(['a', 'dir/with space', 'new\nline', '"quoted"', '\udcff', ''])(
    'are there again for %j',
    async (path) => {
      const memo = openDigestMemo(file)
      expect(memo.get(path)).toBeUndefined()
      memo.set(path, digest('a'))
      expect(memo.get(path)).toBe(digest('a'))
      await saved()
      expect(openDigestMemo(file).get(path)).toBe(digest('a'))
    },
  )
  it('of two processes are all kept', async () => {
    const [one, two] = [openDigestMemo(file), openDigestMemo(file)]
    one.set('a', digest('1'))
    two.set('b', digest('2'))
    one.set('c', digest('3'))
    await saved()
    const all = openDigestMemo(file)
    expect(['a', 'b', 'c'].map(all.get)).toEqual([digest('1'), digest('2'), digest('3')])
  })
  it('survive a torn line before and after them', async () => {
    appendFileSync(file, `${digest('9')} "to`)
    openDigestMemo(file).set('a', digest('1'))
    await saved()
    appendFileSync(file, `${digest('8')}\n${'z'.repeat(64)} "b"\n${digest('7')} "bad\\`)
    expect(openDigestMemo(file).get('a')).toBe(digest('1'))
    expect(openDigestMemo(file).get('b')).toBeUndefined()
  })
  it('do not matter when they cannot be kept', async () => {
    const memo = openDigestMemo(join(directory, 'gone/digests'))
    memo.set('a', digest('1'))
    await saved()
    expect(memo.get('a')).toBe(digest('1'))
    expect(() => readFileSync(join(directory, 'gone/digests'))).toThrow()
  })
})
