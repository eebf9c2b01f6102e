import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, expect, inject, test } from 'vitest'
import {
  containerLeftovers,
  eventually,
  freshName,
  isRunning,
  pidIn,
  startDetached,
  watchLeftovers,
} from '../support/e2e/containers.ts'
import { expectCode, tsrun } from '../support/e2e/rig.ts'

afterAll(watchLeftovers())

/** tsrun in the foreground, as a process that can be killed. */
const foreground = (args: readonly string[]) => {
  const child = spawn(join(import.meta.dirname, '../../bin/tsrun'), args, {
    env: { ...process.env, TSBUILD_ROOT: inject('storeRoot'), TSBUILD_RUN: inject('runRoot') },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
  return { child, ended, output: () => output }
}

test('kill -9 of the monitor ends the container; the next look says so', async () => {
  const name = freshName()
  await using container = await startDetached('--name', name, '-p', '80', 'busybox', 'sleep', '1000')
  const init = pidIn(container.dir, 'pid')
  expect(isRunning(init)).toBe(true)
  process.kill(pidIn(container.dir, 'monitor'), 'SIGKILL')
  await eventually(() => !isRunning(init))
  const state = await tsrun(['inspect', '-f', '{{.State.Status}} {{.State.ExitCode}} {{.State.Error}}', name])
  expect(state.stdout).toBe('exited 137 the monitor of the container was killed\n')
  expectCode(await tsrun(['start', name]))
  expect((await tsrun(['exec', name, 'echo', 'again'])).stdout).toBe('again\n')
})

test('a waiting command learns of the death of the monitor', async () => {
  await using container = await startDetached('busybox', 'sleep', '1000')
  const waiting = tsrun(['wait', container.id])
  await new Promise((resolve) => setTimeout(resolve, 300))
  process.kill(pidIn(container.dir, 'monitor'), 'SIGKILL')
  expect((await waiting).stdout).toBe('137\n')
})

test('kill -9 of a foreground tsrun ends its container and cleans up', async () => {
  const name = freshName()
  const { child, ended, output } = foreground([
    '--rm',
    '--name',
    name,
    'busybox',
    'sh',
    '-c',
    'echo up; sleep 1000',
  ])
  await eventually(() => output() === 'up\n')
  child.kill('SIGKILL')
  await ended
  await eventually(async () => (await tsrun(['ps', '-aq', '--filter', `name=${name}`])).stdout === '')
  await eventually(() => containerLeftovers().length === 0)
})

test('kill -9 of the tsrun that started a detached container does nothing to it', async () => {
  await using container = await startDetached('busybox', 'sleep', '1000')
  expect(isRunning(pidIn(container.dir, 'pid'))).toBe(true)
  expect(isRunning(pidIn(container.dir, 'monitor'))).toBe(true)
})

test('signals to a foreground tsrun reach the container', async () => {
  const { child, ended, output } = foreground([
    '--rm',
    'busybox',
    'sh',
    '-c',
    'trap "echo term; exit 5" TERM; echo up; while :; do sleep 0.1; done',
  ])
  await eventually(() => output() === 'up\n')
  child.kill('SIGTERM')
  expect(await ended).toBe(5)
  expect(output()).toBe('up\nterm\n')
})

test('the third request to end is not left to a container that ignores them', async () => {
  const { child, ended, output } = foreground([
    '--rm',
    'busybox',
    'sh',
    '-c',
    'trap "" INT TERM; echo up; while :; do sleep 0.1; done',
  ])
  await eventually(() => output() === 'up\n')
  child.kill('SIGINT')
  child.kill('SIGTERM')
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(child.exitCode).toBeNull()
  let sent = 0
  // Two that come before the first is taken are one; on a slow machine a few are lost so.
  await eventually(() => child.exitCode !== null || sent++ >= 50 || !child.kill('SIGINT'))
  expect(await ended).toBe(137)
})

test('a reader that leaves ends a writer, as in any pipe', async () => {
  const { child, ended, output } = foreground(['--rm', 'busybox', 'yes'])
  await eventually(() => output().length > 0)
  child.stdout.destroy()
  expect(await ended).not.toBeNull()
})

test('the monitor is small', async () => {
  await using container = await startDetached('-p', '80', 'busybox', 'sleep', '1000')
  const { readFileSync } = await import('node:fs')
  const status = readFileSync(`/proc/${pidIn(container.dir, 'monitor')}/status`, 'utf8')
  expect(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1])).toBeLessThan(2048)
})
