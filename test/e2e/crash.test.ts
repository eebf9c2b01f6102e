import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { findLeftovers } from '../support/e2e/leftovers.ts'
import { expectCode, makeDirectory, tsbuild } from '../support/e2e/rig.ts'

const nothing = { mounts: [], cgroups: [], processes: [], active: [] }

/** The program itself, not its launcher, so that the signal hits what works. */
const start = (args: readonly string[], cwd: string): ChildProcess =>
  spawn(process.execPath, [join(import.meta.dirname, '../../dist/tsbuild.cjs'), ...args], {
    cwd,
    env: { ...process.env, TSBUILD_ROOT: inject('storeRoot'), TSBUILD_RUN: inject('runRoot') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })

const until = async (what: string, holds: () => boolean, timeout = 60_000): Promise<void> => {
  const deadline = Date.now() + timeout
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited ${timeout} ms for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => child.once('close', () => resolve()))

it('killed in the middle of a RUN: processes, mounts and cgroups go at once, the rest with the next command', async () => {
  using directory = makeDirectory({
    Dockerfile: 'FROM busybox\nRUN echo started && sleep 600\n',
    quick: 'FROM busybox\nRUN echo quick\n',
  })
  const child = start(['--progress=plain', '.'], directory.path)
  let output = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  await until('the step to start', () => /\d started\n/.test(output))
  child.kill('SIGKILL')
  await ended(child)
  await until('helpers and cgroups to go', () => {
    const left = findLeftovers()
    return left.processes.length === 0 && left.cgroups.length === 0 && left.mounts.length === 0
  })
  expectCode(await tsbuild(['-f', 'quick', '.'], { cwd: directory.path }))
  expect(findLeftovers()).toEqual(nothing)
})

it('interrupted in the middle of a RUN: ends with 130 and leaves nothing', async () => {
  using directory = makeDirectory({ Dockerfile: 'FROM busybox\nRUN echo started && sleep 600\n' })
  const child = start(['--progress=plain', '.'], directory.path)
  let output = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  await until('the step to start', () => /\d started\n/.test(output))
  child.kill('SIGINT')
  await ended(child)
  expect(child.exitCode).toBe(130)
  expect(findLeftovers()).toEqual(nothing)
})

it('killed in the middle of an export: no file under the final name, and the same export then succeeds', async () => {
  using directory = makeDirectory({
    Dockerfile: 'FROM debian:bookworm\nRUN dd if=/dev/urandom of=/big bs=1M count=64 2>/dev/null\n',
  })
  expectCode(await tsbuild(['-t', 'exported', '.'], { cwd: directory.path }))
  const target = join(directory.path, 'image.tar')
  const child = start(['save', '-o', target, 'exported'], directory.path)
  await until(
    'the export to write',
    () => readdirSync(directory.path).some((name) => name !== 'Dockerfile') || child.exitCode !== null,
  )
  child.kill('SIGKILL')
  await ended(child)
  if (child.signalCode === 'SIGKILL') expect(existsSync(target)).toBe(false)
  expectCode(await tsbuild(['save', '-o', target, 'exported']))
  expect(existsSync(target)).toBe(true)
  expect(findLeftovers()).toEqual(nothing)
})

it('killed at random moments of a build, many times: the store opens and the build succeeds', async () => {
  const steps = Array.from({ length: 6 }, (_, i) => `RUN echo ${i} > /f${i}\nCOPY file /c${i}`).join('\n')
  using directory = makeDirectory({ Dockerfile: `FROM busybox\n${steps}\n`, file: 'x' })
  for (let round = 0; round < 12; round++) {
    const child = start(['--no-cache', '--progress=none', '-t', 'often', '.'], directory.path)
    // A quick machine may be done before it is killed.
    const end = ended(child)
    await new Promise((resolve) => setTimeout(resolve, 30 + round * 25))
    child.kill('SIGKILL')
    await end
  }
  expectCode(await tsbuild(['-t', 'often', '.'], { cwd: directory.path }))
  const check = expectCode(await tsbuild(['history', '-q', 'often']))
  expect(check.stdout.trim().split('\n').length).toBeGreaterThan(12)
  await until('everything to go', () => JSON.stringify(findLeftovers()) === JSON.stringify(nothing))
})
