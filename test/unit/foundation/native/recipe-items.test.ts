import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import {
  absent,
  encodeRecipe,
  sameLines,
  stillThere,
  unchanged,
} from '../../../../src/foundation/native/recipe-items.ts'

const directory = mkdtempSync(join(tmpdir(), 'tsbuild-recipe-'))
afterAll(() => rmSync(directory, { recursive: true }))

const path = (name: string): string => join(directory, name)

test('items are letters, counts and sized fields, as the helper reads them', () => {
  const bytes = encodeRecipe([['K', 'a\0b'], ['W', '/ä', Buffer.from([255, 0])], ['P']])
  expect(bytes.toString('latin1')).toBe(
    'tsbuild recipe 1\nK\x01\x00\x03\x00\x00\x00a\0bW\x02\x00\x03\x00\x00\x00/\xc3\xa4\x02\x00\x00\x00\xff\x00P\x00\x00.\x00\x00',
  )
})

test('what has only just changed is not relied on', () => {
  writeFileSync(path('fresh'), '')
  expect(unchanged(path('fresh'))).toBeUndefined()
})

test('a time in the future is not relied on either', () => {
  writeFileSync(path('future'), '')
  utimesSync(path('future'), new Date(), new Date(Date.now() + 1e9))
  expect(unchanged(path('future'))).toBeUndefined()
})

test('that nothing is there is a state, too', () => {
  expect(unchanged(path('none'))).toEqual(['A', path('none')])
  expect(absent(path('none'))).toEqual(['A', path('none')])
  mkdirSync(path('some'))
  expect(absent(path('some'))).toBeUndefined()
})

test('what has long been as it is is known by all that stat tells', () => {
  const { dev, ino, mode, uid, gid, size, mtimeNs, ctimeNs } = statSync('/proc/version', { bigint: true })
  const item = unchanged('/etc/passwd')
  expect(item?.[0]).toBe('S')
  expect(String(item?.[2]).split(':')).toHaveLength([dev, ino, mode, uid, gid, size, mtimeNs, ctimeNs].length)
})

test('a directory is known by its number, whatever is in it', () => {
  mkdirSync(path('tree'))
  const before = stillThere(path('tree'))
  writeFileSync(path('tree/file'), '')
  expect(stillThere(path('tree'))).toEqual(before)
  expect(stillThere(path('none'))).toBeUndefined()
})

test('lines with a word, and the last one without an end', () => {
  expect(sameLines('/f', 'b', 'ab\nc\nb')).toEqual(['G', '/f', 'b', 'ab\nb'])
  expect(sameLines('/f', '', 'ab\nc\n')).toEqual(['G', '/f', '', 'ab\nc\n'])
})
