import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isStaleLock, sweepLocks, tryLock } from '../../../../src/foundation/sys/index.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsbuild-locks-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const dead = JSON.stringify({ pid: 2 ** 22 + 1, startTime: 1, bootId: 'another boot' })

test('locks of dead owners are swept, and what they were written to; those of live ones stay', () => {
  writeFileSync(join(dir, 'dead'), dead)
  writeFileSync(join(dir, 'other.0123456789ab'), dead)
  writeFileSync(join(dir, 'new.0123456789ab'), '')
  writeFileSync(join(dir, 'torn.0123456789ab'), '')
  utimesSync(join(dir, 'torn.0123456789ab'), 0, 0)
  using lock = tryLock(join(dir, 'live'))
  expect(lock).toBeDefined()
  sweepLocks(dir)
  expect(readdirSync(dir)).toEqual(['live', 'new.0123456789ab'])
})

test('nothing is there to sweep', () => expect(() => sweepLocks(join(dir, 'none'))).not.toThrow())

test('a file that names nobody is no stale lock', () => {
  const path = join(dir, 'lock')
  for (const text of ['null', '', '{"pi']) {
    writeFileSync(path, text)
    expect(isStaleLock(path)).toBe(false)
    expect(() => sweepLocks(dir)).not.toThrow()
    expect(existsSync(path)).toBe(true)
  }
})

test('a lock is stale when its owner died with it', () => {
  const path = join(dir, 'lock')
  expect(isStaleLock(path)).toBe(false)
  writeFileSync(path, dead)
  expect(isStaleLock(path)).toBe(true)
  using lock = tryLock(path)
  expect(lock).toBeDefined()
  expect(isStaleLock(path)).toBe(false)
  expect(existsSync(path)).toBe(true)
})
