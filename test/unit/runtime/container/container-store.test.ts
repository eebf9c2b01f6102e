import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { identify } from '../../../../src/foundation/sys/index.ts'
import { type ContainerId, newContainerId } from '../../../../src/runtime/container/container-id.ts'
import { type ContainerStore, openContainerStore } from '../../../../src/runtime/container/container-store.ts'
import { forgetLastRun } from '../../../../src/runtime/container/failed-start.ts'
import { readLog } from '../../../../src/runtime/container/read-log.ts'
import { removeDamaged } from '../../../../src/runtime/container/remove-container.ts'
import { killContainer, stopContainer } from '../../../../src/runtime/container/signal-container.ts'
import type { Container } from '../../../../src/runtime/container/types.ts'
import { unlessRemoved } from '../../../../src/runtime/container/unless-removed.ts'
import { waitContainer } from '../../../../src/runtime/container/wait-container.ts'
import { containerRecord } from '../../../support/container-record.ts'

let root: string
let store: ContainerStore
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-containers-'))
  store = openContainerStore(root)
})
afterEach(() => rmSync(root, { recursive: true }))

const add = (name?: string, autoRemove = false, id: ContainerId = newContainerId()): Container =>
  store.write({ ...containerRecord(id, autoRemove), name: store.claimName(id, name) })

const writeState = (container: Container, name: string, value: unknown): void =>
  writeFileSync(join(container.dir, name), JSON.stringify(value))
const dead = { pid: 2 ** 22 + 1, startTime: 1, bootId: 'another boot', startedAt: '2026-01-01T00:00:00Z' }
const alive = { ...identify(), startedAt: '2026-01-01T00:00:00Z' }
const exit = { exitCode: 3, signal: 0, oomKilled: false, finishedAt: '2026-01-01T00:00:01Z' }

test('a container is found by name, id, and a prefix that only it has', () => {
  const container = add('web')
  for (const text of ['web', '/web', container.record.id, container.record.id.slice(0, 12)]) {
    expect(store.find(text).record.id).toBe(container.record.id)
  }
})

test('a prefix of two ids is ambiguous', () => {
  const first = newContainerId()
  // The last digits differ.
  const twin = `${first.slice(0, 60)}${first.endsWith('0000') ? '1111' : '0000'}` as ContainerId
  add('one', false, first)
  add('two', false, twin)
  expect(() => store.find(first.slice(0, 20))).toThrow(
    expect.objectContaining({ code: 'ambiguous-container' }),
  )
})

test.each(['../../etc', 'nope', '', '..', 'a/b'])('%j finds nothing, and says so', (text) => {
  expect(() => store.find(text)).toThrow(expect.objectContaining({ code: 'no-such-container', exitCode: 1 }))
})

test('a mistyped name gets a suggestion', () => {
  add('database')
  expect(() => store.find('databse')).toThrow(expect.objectContaining({ hint: 'did you mean database?' }))
})

test('a name belongs to one container until that is gone', () => {
  const first = add('web')
  expect(() => add('web')).toThrow(expect.objectContaining({ code: 'name-in-use', exitCode: 125 }))
  store.discard(first)
  expect(existsSync(first.dir)).toBe(false)
  expect(add('web').record.name).toBe('web')
})

test('a name belongs to the command that is making its container; when that was killed it can be taken', () => {
  const id = newContainerId()
  store.claimName(id, 'web')
  expect(() => add('web')).toThrow(expect.objectContaining({ code: 'name-in-use' }))
  expect(store.list()).toEqual([])
  expect(existsSync(store.dirOf(id))).toBe(true)
  writeFileSync(join(store.dirOf(id), 'making'), JSON.stringify(dead))
  expect(add('web').record.name).toBe('web')
})

test('what a killed command had made of a container goes with the next look, its names too', () => {
  const id = newContainerId()
  store.claimName(id, 'web')
  writeFileSync(join(store.dirOf(id), 'making'), JSON.stringify(dead))
  expect(store.list()).toEqual([])
  expect(existsSync(store.dirOf(id))).toBe(false)
  expect(readdirSync(join(root, 'records/container-names'))).toEqual([])
})

test('a container whose maker is about to say who it is is left alone, and no damage', () => {
  const id = newContainerId()
  mkdirSync(store.dirOf(id), { recursive: true })
  for (const text of ['', '{"pi']) {
    writeFileSync(join(store.dirOf(id), 'making'), text)
    expect(store.list()).toEqual([])
    expect(store.damaged()).toEqual([])
    expect(existsSync(store.dirOf(id))).toBe(true)
  }
  const longAgo = Date.now() / 1000 - 100
  utimesSync(store.dirOf(id), longAgo, longAgo)
  expect(store.list()).toEqual([])
  expect(existsSync(store.dirOf(id))).toBe(false)
})

test('a rename that was killed in the middle leaves no name behind', () => {
  const container = add('web')
  store.claimName(container.record.id, 'other')
  expect(() => add('other')).toThrow(expect.objectContaining({ code: 'name-in-use' }))
  writeFileSync(join(container.dir, 'making'), JSON.stringify(dead))
  expect(store.find('web').record.name).toBe('web')
  store.discard(store.find('web'))
  expect(readdirSync(join(root, 'records/container-names'))).toEqual([])
})

test('a name that another container has by now is not given up', () => {
  const first = add('one')
  store.rename(first, 'two')
  const second = add('one')
  store.discard(store.find('two'))
  expect(store.find('one').record.id).toBe(second.record.id)
})

test.each(['', '{', '[]', 'null', '{"id":1,"name":2,"options":3}', '\0'.repeat(100)])(
  'a record that is %j makes the container damaged: it keeps its name, and can only be removed',
  (text) => {
    const container = add('web')
    writeFileSync(join(container.dir, 'container.json'), text)
    expect(store.list()).toEqual([])
    expect(store.damaged()).toEqual([container.record.id])
    expect(store.damaged([container])).toEqual([])
    for (const word of ['web', container.record.id, container.record.id.slice(0, 12)])
      expect(() => store.find(word)).toThrow(
        expect.objectContaining({ code: 'container-damaged', details: { id: container.record.id } }),
      )
    expect(() => add('web')).toThrow(expect.objectContaining({ code: 'name-in-use' }))
    removeDamaged(store, container.record.id)
    expect(add('web').record.name).toBe('web')
  },
)

test('the record of another container is none', () => {
  const [one, two] = [add('one'), add('two')]
  copyFileSync(join(one.dir, 'container.json'), join(two.dir, 'container.json'))
  expect(store.list().map(({ record }) => record.name)).toEqual(['one'])
})

test('a bad name is refused before anything is made', () => {
  expect(() => add('../web')).toThrow(expect.objectContaining({ code: 'bad-container-name' }))
  expect(store.list()).toEqual([])
})

test('the status follows files and processes', () => {
  const container = add()
  const status = () => store.find(container.record.id).status
  expect(status()).toEqual({ kind: 'created' })
  writeState(container, 'monitor', alive)
  expect(status().kind).toBe('created')
  writeState(container, 'pid', alive)
  expect(status()).toMatchObject({ kind: 'running', init: alive })
  writeState(container, 'exit.json', exit)
  expect(status()).toMatchObject({ kind: 'exited', exit, startedAt: alive.startedAt })
})

test('a container whose monitor was killed is ended by whoever looks', () => {
  const container = add('web')
  writeState(container, 'monitor', dead)
  writeState(container, 'pid', dead)
  expect(store.list()[0]?.status).toMatchObject({ kind: 'exited', exit: { exitCode: 137, signal: 9 } })
  expect(store.find('web').status.kind).toBe('exited')
})

test('one that was to be removed at its end is removed then', () => {
  const container = add('web', true)
  writeState(container, 'monitor', dead)
  expect(store.list()).toEqual([])
  expect(existsSync(container.dir)).toBe(false)
  expect(add('web').record.name).toBe('web')
})

test('torn files count as absent', () => {
  const container = add()
  writeFileSync(join(container.dir, 'exit.json'), '{"exitCode":')
  expect(store.find(container.record.id).status.kind).toBe('created')
  writeFileSync(join(container.dir, 'container.json'), '{')
  expect(store.list()).toEqual([])
})

test('waiting for the removal does not end with the exit', async () => {
  const container = add()
  writeState(container, 'monitor', alive)
  writeState(container, 'pid', alive)
  let over = false
  const waiting = waitContainer(container, { condition: 'removed' }).finally(() => {
    over = true
  })
  writeState(container, 'exit.json', exit)
  await waitContainer(container)
  expect(over).toBe(false)
  store.discard(container)
  expect((await waiting)?.exitCode).toBe(3)
})

test('waiting ends with the exit code, also when the directory has moved away', async () => {
  const container = add()
  writeState(container, 'monitor', alive)
  writeState(container, 'pid', alive)
  const waiting = waitContainer(container)
  setTimeout(() => {
    writeState(container, 'exit.json', exit)
    store.discard(container)
  }, 20)
  expect((await waiting)?.exitCode).toBe(3)
})

test('waiting for a state: what runs has no end', async () => {
  const container = add()
  expect(await waitContainer(container, { condition: 'created' })).toBeUndefined()
  const running = waitContainer(container, { condition: 'running' })
  const healthy = waitContainer(container, { condition: 'healthy' })
  writeState(container, 'monitor', alive)
  writeState(container, 'pid', { ...alive, startedAt: '2026-01-01T00:00:00Z' })
  expect(await running).toBeUndefined()
  writeState(container, 'health.json', { Status: 'healthy', FailingStreak: 0, Log: [] })
  expect(await healthy).toBeUndefined()
  const ended = waitContainer(container, { condition: 'exited' })
  writeState(container, 'exit.json', exit)
  expect((await ended)?.exitCode).toBe(3)
})

test('waiting for a state that does not come ends when the container is removed, or nobody waits any more', async () => {
  const container = add()
  const running = waitContainer(container, { condition: 'running' })
  const stop = new AbortController()
  const paused = waitContainer(container, { condition: 'paused', signal: stop.signal })
  stop.abort(new Error('enough'))
  await expect(paused).rejects.toThrow('enough')
  store.discard(container)
  await expect(running).rejects.toThrow(expect.objectContaining({ code: 'no-such-container' }))
})

const logOf = async (
  container: Container,
  options: Parameters<typeof readLog>[1] = {},
): Promise<string[]> => {
  const texts: string[] = []
  for await (const lines of readLog(container, options)) texts.push(...lines.map((line) => line.text))
  return texts
}
const line = (number: number): string =>
  `${JSON.stringify({ log: `${number}\n`, stream: 'stdout', time: `2026-01-01T00:00:${String(number % 60).padStart(2, '0')}.000000000Z` })}\n`

test('logs: all, the last lines, a span of time', async () => {
  const container = add()
  expect(await logOf(container)).toEqual([])
  writeFileSync(join(container.dir, 'log'), Array.from({ length: 10 }, (_, i) => line(i)).join(''))
  expect(await logOf(container)).toHaveLength(10)
  expect(await logOf(container, { tail: 2 })).toEqual(['8\n', '9\n'])
  expect(await logOf(container, { tail: 0 })).toEqual([])
  expect(await logOf(container, { tail: 100 })).toHaveLength(10)
  const since = BigInt(Date.parse('2026-01-01T00:00:07Z')) * 1_000_000n
  expect(await logOf(container, { since })).toEqual(['7\n', '8\n', '9\n'])
  expect(await logOf(container, { since, until: since + 1_000_000_000n })).toEqual(['7\n', '8\n'])
  expect(await logOf(container, { since: since + 1n, until: since + 999_999_999n })).toEqual([])
})

test('the last lines of a log larger than one read', async () => {
  const container = add()
  writeFileSync(join(container.dir, 'log'), Array.from({ length: 5000 }, (_, i) => line(i)).join(''))
  expect(await logOf(container, { tail: 3000 })).toHaveLength(3000)
  expect(await logOf(container, { tail: 1 })).toEqual(['4999\n'])
})

test('directories in the place of files that a start writes do not stand in its way', () => {
  const { dir } = add('web')
  for (const name of ['monitor', 'pid', 'config.json', 'hosts', 'log', 'exec'])
    mkdirSync(join(dir, name, 'x'), { recursive: true })
  forgetLastRun(dir)
  // Processes of `exec -d` have theirs there.
  expect(readdirSync(dir).toSorted()).toEqual(['container.json', 'exec', 'names'])
})

test('a directory in the place of how it ended is taken away: the container can be listed and removed', () => {
  const container = add('web')
  writeState(container, 'monitor', { pid: 1, startTime: 1, bootId: 'another' })
  writeState(container, 'pid', { pid: 1, startTime: 1, bootId: 'another', startedAt: 'x' })
  mkdirSync(join(container.dir, 'exit.json', 'x'), { recursive: true })
  expect(store.list().map(({ status }) => status)).toEqual([
    expect.objectContaining({ kind: 'exited', exit: expect.objectContaining({ exitCode: 137 }) }),
  ])
})

test('a container that is removed in the middle of something is told as gone, whatever failed because of it', async () => {
  const gone = add('gone')
  const removed = unlessRemoved(gone, () => {
    store.discard(gone)
    forgetLastRun(gone.dir)
  })
  await expect(removed).rejects.toMatchObject({ code: 'no-such-container' })
  const there = add('there')
  await expect(unlessRemoved(there, () => forgetLastRun(join(there.dir, 'x')))).rejects.toMatchObject({
    code: 'ENOENT',
  })
})

test('a container that is removed while it is stopped or killed does not run', async () => {
  const self = identify()
  const container = add('short')
  writeState(container, 'pid', self)
  writeState(container, 'monitor', self)
  rmSync(container.dir, { recursive: true })
  expect(() => killContainer(container, 'TERM')).toThrow(
    expect.objectContaining({ code: 'container-not-running' }),
  )
  await stopContainer(container)
})
