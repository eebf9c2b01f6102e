import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openLogFiles } from '../../../../src/runtime/container/log-files.ts'
import { readLog } from '../../../../src/runtime/container/read-log.ts'
import type { Container } from '../../../../src/runtime/container/types.ts'

const dir = mkdtempSync(join(tmpdir(), 'tsbuild-log-'))
afterEach(() => {
  for (const name of ['log', 'log.1', 'log.2', 'exit.json']) rmSync(join(dir, name), { force: true })
})

const lines = (...numbers: readonly number[]): string =>
  numbers
    .map((n) => `${JSON.stringify({ log: `${n}\n`, stream: 'stdout', time: '2026-01-01T00:00:00Z' })}\n`)
    .join('')
const container = { dir, record: { name: 'x', options: {} } } as unknown as Container

const read = async (tail?: number): Promise<string> => {
  let text = ''
  for await (const batch of readLog(container, tail === undefined ? {} : { tail }))
    text += `${batch.map((line) => line.text.trim()).join(' ')} `
  return text.trim()
}

test('several files are one log; the last lines may begin in any of them', async () => {
  writeFileSync(join(dir, 'log.2'), lines(1, 2, 3))
  writeFileSync(join(dir, 'log.1'), lines(4, 5, 6))
  writeFileSync(join(dir, 'log'), lines(7, 8))
  expect(await read()).toBe('1 2 3 4 5 6 7 8')
  for (const [count, expected] of [
    [0, ''],
    [1, '8'],
    [2, '7 8'],
    [3, '6 7 8'],
    [6, '3 4 5 6 7 8'],
    [8, '1 2 3 4 5 6 7 8'],
    [100, '1 2 3 4 5 6 7 8'],
  ] as const)
    expect((await read(count)).replaceAll(/\s+/g, ' ')).toBe(expected)
})

test('a gap that a crash left in the numbers loses nothing', async () => {
  writeFileSync(join(dir, 'log.2'), lines(1))
  writeFileSync(join(dir, 'log'), lines(2))
  expect(await read()).toBe('1 2')
})

test('whoever reads keeps what it has open while files move on, and finds the next', () => {
  writeFileSync(join(dir, 'log'), lines(1))
  using files = openLogFiles(dir)
  const first = files.next()
  expect(first).toBeDefined()
  expect(files.isComplete()).toBe(false)
  appendFileSync(join(dir, 'log'), lines(2))
  renameSync(join(dir, 'log'), join(dir, 'log.1'))
  writeFileSync(join(dir, 'log'), lines(3))
  expect(files.isComplete()).toBe(true)
  expect(files.next()).toBeDefined()
  expect(files.isComplete()).toBe(false)
  // Two at once: the one in between is not skipped.
  renameSync(join(dir, 'log.1'), join(dir, 'log.2'))
  renameSync(join(dir, 'log'), join(dir, 'log.1'))
  writeFileSync(join(dir, 'log'), lines(4))
  expect(files.next()).toBeDefined()
  expect(files.isComplete()).toBe(false)
})

test('a directory in the place of a log has no lines', async () => {
  mkdirSync(join(dir, 'log'))
  writeFileSync(join(dir, 'log.1'), lines(1))
  expect(await read()).toBe(await read(5))
  expect(await read()).toContain('1')
  rmSync(join(dir, 'log'), { recursive: true })
})
