import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { identify } from '../../../../src/foundation/sys/index.ts'
import { endAbandonedStart } from '../../../../src/runtime/container/abandoned-start.ts'
import { newContainerId } from '../../../../src/runtime/container/container-id.ts'
import { statusOf } from '../../../../src/runtime/container/status.ts'
import { containerRecord } from '../../../support/container-record.ts'

let work: string
let dir: string
let lease: string
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'tsbuild-abandoned-'))
  dir = join(work, id)
  lease = join(work, '10.0.0.2')
  mkdirSync(dir)
  writeFileSync(join(dir, 'leases'), `${lease}\n`)
  writeFileSync(lease, JSON.stringify({ process: dead, containerDir: dir }))
})
afterEach(() => rmSync(work, { recursive: true }))

const dead = { pid: 2 ** 22 + 1, startTime: 1, bootId: 'another boot' }
const id = newContainerId()
const look = (): void => endAbandonedStart({ record: containerRecord(id), dir, status: statusOf(dir) })
const lockedBy = (owner: unknown): void => writeFileSync(join(dir, 'lock'), JSON.stringify(owner))

test('what a killed start had taken is given back, and its lock is gone', () => {
  lockedBy(dead)
  look()
  expect(existsSync(lease)).toBe(false)
  expect(existsSync(join(dir, 'lock'))).toBe(false)
})

test('nothing is taken from a start that goes on', () => {
  lockedBy(identify())
  look()
  expect(existsSync(lease)).toBe(true)
  expect(JSON.parse(readFileSync(join(dir, 'lock'), 'utf8'))).toEqual(identify())
})

test.each(['monitor', 'exit.json', 'failure.json'])('nothing is taken where there is %s', (name) => {
  const child = spawn('sleep', ['1000'])
  const states = {
    monitor: identify(child.pid),
    'exit.json': { exitCode: 0, signal: 0, oomKilled: false, finishedAt: '2026-01-01T00:00:00Z' },
    'failure.json': { exitCode: 127, error: 'no' },
  }
  writeFileSync(join(dir, name), JSON.stringify(states[name as keyof typeof states]))
  lockedBy(dead)
  look()
  expect(existsSync(lease)).toBe(true)
  expect(child.kill()).toBe(true)
})

const elsewhere = (): string => join('/another/path/to/containers', basename(dir))

test.each([
  ['', () => dir],
  [', though its command came to the store by another path', elsewhere],
])('nothing is taken while its monitor is about to say who it is%s', async (_, said) => {
  lockedBy(dead)
  const monitor = spawn('sh', ['-c', 'echo; read _', 'sh', '--dir', said(), '--detach'])
  const ended = new Promise((resolve) => monitor.once('close', resolve))
  await new Promise((resolve) => monitor.stdout.once('data', resolve))
  look()
  expect(existsSync(lease)).toBe(true)
  monitor.stdin.end()
  await ended
  look()
  expect(existsSync(lease)).toBe(false)
})
