import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type Container,
  createFromImage,
  importImage,
  inspectContainer,
  openContainerStore,
  openStore,
  readLog,
  removeByName,
  run,
  type Store,
  start,
  stopContainer,
  waitContainer,
} from '../../../../src/engine/index.ts'
import { isAlive } from '../../../../src/foundation/sys/index.ts'
import { readMonitor } from '../../../../src/runtime/container/state-files.ts'
import { makeBusyboxRoot } from '../../../support/busybox-root.ts'

let work: string
let store: Store
const environment = () => ({ runRoot: join(work, 'run'), now: Date.now })

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'tsbuild-engine-'))
  using root = makeBusyboxRoot()
  const tar = join(work, 'root.tar')
  execFileSync('tar', ['-C', root.path, '--numeric-owner', '-cf', tar, '.'])
  store = openStore({ root: join(work, 'store') })
  await importImage(store, { kind: 'file', path: tar }, { name: 'busybox', origin: tar, now: Date.now() })
})
afterAll(() => rmSync(work, { recursive: true }))

const textOf = async (container: Container): Promise<string> => {
  let text = ''
  for await (const lines of readLog(container, { follow: true }))
    text += lines.map((line) => line.text).join('')
  return text
}

test('run, log, wait, start again, remove', async () => {
  const { container } = await run(
    store,
    'busybox',
    { command: ['sh', '-c', 'echo $A; exit 3'], env: ['A=1'], network: 'none', detached: true },
    environment(),
  )
  expect(await textOf(container)).toBe('1\n')
  expect(await waitContainer(container)).toMatchObject({ exitCode: 3, signal: 0, oomKilled: false })
  await start(store, container, true, environment())
  expect((await waitContainer(container))?.exitCode).toBe(3)
  expect(await textOf(container)).toBe('1\n1\n')
  await removeByName(store.root, container.record.name, false)
  expect(existsSync(container.dir)).toBe(false)
  await expect(removeByName(store.root, container.record.name, false)).rejects.toThrow(
    expect.objectContaining({ code: 'no-such-container' }),
  )
  await removeByName(store.root, container.record.name, true)
})

test('a container that never started can be looked at and removed', async () => {
  const container = await createFromImage(
    store,
    'busybox',
    { name: 'never', network: 'none', command: ['true'] },
    environment(),
  )
  expect(inspectContainer(container)).toMatchObject({
    Name: '/never',
    State: { Status: 'created', Running: false },
  })
  await stopContainer(container)
  await removeByName(store.root, 'never', false)
  expect(openContainerStore(store.root).list()).toEqual([])
})

test('a container whose monitor does not react any more is not waited for, and removed by force', async () => {
  const { container } = await run(
    store,
    'busybox',
    { command: ['sleep', '100'], network: 'none', detached: true },
    environment(),
  )
  const monitor = readMonitor(container.dir)
  if (!monitor) throw new Error('there is no monitor')
  process.kill(monitor.pid, 'SIGSTOP')
  await expect(stopContainer(container, { timeout: 0, patience: 100 })).rejects.toThrow(
    expect.objectContaining({ code: 'container-stuck', message: expect.stringContaining(`${monitor.pid}`) }),
  )
  await removeByName(store.root, container.record.name, true)
  expect(existsSync(container.dir)).toBe(false)
  expect(isAlive(monitor)).toBe(false)
})

test('memory that runs out is told apart from other kills', async () => {
  const limits = { memory: { limit: 16 << 20, swap: 16 << 20 } }
  const { container } = await run(
    store,
    'busybox',
    { command: ['tail', '/dev/zero'], network: 'none', resources: limits, detached: true },
    environment(),
  )
  expect(await waitContainer(container)).toMatchObject({ exitCode: 137, signal: 9, oomKilled: true })
  await removeByName(store.root, container.record.name, false)
})

test('what contradicts the image or the host fails before a container exists', async () => {
  const attempts: readonly [string, Parameters<typeof createFromImage>[2]][] = [
    ['unknown-user', { user: 'nobody2' }],
    ['no-command', { entrypoint: [], command: [] }],
    ['bad-signal', { stopSignal: 'NOPE' }],
    ['bad-container-name', { name: '../x' }],
  ]
  for (const [code, options] of attempts) {
    const create = () =>
      createFromImage(store, 'busybox', { network: 'none', command: ['true'], ...options }, environment())
    await expect(create()).rejects.toThrow(expect.objectContaining({ code }))
  }
  const wish = {
    kind: 'bind',
    source: '/nonexistent/x',
    destination: '/x',
    readonly: false,
    createSource: false,
  } as const
  await expect(
    createFromImage(store, 'busybox', { network: 'none', command: ['true'], mounts: [wish] }, environment()),
  ).rejects.toThrow(expect.objectContaining({ code: 'bad-mount' }))
  expect(openContainerStore(store.root).list()).toEqual([])
})
