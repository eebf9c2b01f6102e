import { describe, expect, it } from 'vitest'
import { dosTime, parseZipName, zipAttributes } from '../../../../src/build/archive/zip-names.ts'

describe('parseZipName', () => {
  it.each([
    ['a/b', ['a', 'b']],
    ['./a//b/', ['a', 'b']],
    ['a..b/...', ['a..b', '...']],
    ['/', { problem: 'is absolute' }],
    ['a/..', { problem: 'climbs out with ..' }],
    ['..', { problem: 'climbs out with ..' }],
    ['c:x', { problem: 'is absolute' }],
    ['a\\..\\b', { problem: 'has a backslash or a NUL character' }],
  ])('%j', (name, expected) => {
    expect(parseZipName(name)).toEqual(expected)
  })
})

it('reads modes of Unix programs only', () => {
  const attributes = (system: number, bits: number, directory = false) =>
    zipAttributes({
      directory,
      versionMadeBy: (system << 8) | 20,
      externalFileAttributes: (bits << 16) >>> 0,
    })
  expect(attributes(3, 0o100755)).toEqual({ type: 'file', mode: 0o755 })
  expect(attributes(0, 0o100755)).toEqual({ type: 'file', mode: 0o644 })
  expect(attributes(0, 0, true)).toEqual({ type: 'directory', mode: 0o755 })
  expect(attributes(19, 0o120777)).toEqual({ type: 'symlink', mode: 0o777 })
  expect(attributes(3, 0o060600)).toBeUndefined()
  expect(attributes(3, 0o100600, true)).toBeUndefined()
})

it('takes DOS times as UTC', () => {
  const raw = (((2020 - 1980) << 25) | (2 << 21) | (29 << 16) | (13 << 11) | (37 << 5) | 21) >>> 0
  expect(dosTime(raw)).toBe(Date.UTC(2020, 1, 29, 13, 37, 42) / 1000)
})
