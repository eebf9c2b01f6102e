import { expect, it } from 'vitest'
import { planCopy, saysContents, saysDirectory } from '../../../src/engine/copy-plan.ts'

const end = (path: string, kind: 'file' | 'directory' | 'nothing') => ({
  path,
  exists: kind !== 'nothing',
  isDirectory: kind === 'directory',
})

it.each([
  ['/a', 'file', '/d', 'directory', 'into'],
  ['/a', 'file', '/b', 'file', 'as'],
  ['/a', 'file', '/b', 'nothing', 'as'],
  ['/a', 'directory', '/d', 'directory', 'into'],
  ['/a/', 'directory', '/d', 'directory', 'into'],
  ['/a/.', 'directory', '/d', 'directory', 'as'],
  ['/a', 'directory', '/new', 'nothing', 'as'],
  ['/a', 'directory', '/new/', 'nothing', 'as'],
  ['/a/.', 'directory', '/new', 'nothing', 'as'],
] as const)('%s (%s) to %s (%s) goes %s', (from, fromKind, to, toKind, expected) => {
  expect(planCopy(end(from, fromKind), end(to, toKind))).toBe(expected)
})

it.each([
  ['/a', 'directory', '/b', 'file'],
  ['/a', 'file', '/none/', 'nothing'],
  ['/a', 'file', '/none/.', 'nothing'],
] as const)('%s (%s) to %s (%s) is refused', (from, fromKind, to, toKind) => {
  expect(() => planCopy(end(from, fromKind), end(to, toKind))).toThrow(
    expect.objectContaining({ code: 'copy-refused', exitCode: 1 }),
  )
})

it('reads what the end of a path says', () => {
  expect(['/a/', '/a/.', '.', '/', '/a', '/a.', '/a/..'].map(saysDirectory)).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ])
  expect(['/a/.', '/a/./', '.', '/a/', '/a.'].map(saysContents)).toEqual([true, true, true, false, false])
})
