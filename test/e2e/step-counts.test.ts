// Guards what a RUN step costs on top of many others, by counting system calls: it must not depend on how many there are.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeBusyboxRoot } from '../support/busybox-root.ts'
import { canTrace, countWork, type WorkCounts } from '../support/e2e/count-work.ts'

const project = join(import.meta.dirname, '../..')
const tsbuild = join(project, 'bin/tsbuild')
const work = mkdtempSync(join(tmpdir(), 'tsbuild-steps-'))
const env = {
  TSBUILD_ROOT: join(work, 'store'),
  TSBUILD_RUN: join(work, 'run'),
  TSBUILD_RECIPES: 'off',
  NODE_EXTRA_CA_CERTS: undefined,
}
const run = (file: string, ...args: readonly string[]): void => {
  execFileSync(file, args, { env: { ...process.env, ...env }, stdio: 'pipe' })
}

beforeAll(() => {
  using busybox = makeBusyboxRoot()
  const archive = join(work, 'busybox.tar')
  run('tar', '-C', busybox.path, '--numeric-owner', '-cf', archive, '.')
  run(tsbuild, 'import', archive, 'busybox')
})

afterAll(() => rmSync(work, { recursive: true, force: true }))

/** A directory with a Dockerfile of `count` steps, the first of them the same for all. */
const contextOf = (count: number): string => {
  const directory = join(work, `steps-${count}`)
  mkdirSync(directory, { recursive: true })
  const steps = Array.from({ length: count }, (_, i) => `RUN echo ${i} > /file-${i}\n`)
  writeFileSync(join(directory, 'Dockerfile'), `FROM busybox\n${steps.join('')}`)
  return directory
}

const build = (count: number): readonly string[] => [tsbuild, 'build', '-q', '-t', 'steps', contextOf(count)]

const more = 40

/** What each of so many more steps does. */
const perStep = (below: number): Pick<WorkCounts, 'calls' | 'files'> => {
  run(...(build(below) as [string, ...string[]]))
  const cached = countWork(build(below), env)
  const all = countWork(build(below + more), env)
  return { calls: (all.calls - cached.calls) / more, files: (all.files - cached.files) / more }
}

/** Kernels that take no mount as a layer that is nowhere attached: each step names all layers there. */
const [major = 0, minor = 0] = release().split('.').map(Number)
const namesAll = major < 6 || (major === 6 && minor < 15)

it('a step on 240 others does what one on 140 does', ({ skip }) => {
  if (!canTrace()) return skip('no process may be traced here')
  if (namesAll) return skip('this kernel takes no detached mount as a layer')
  const few = perStep(140)
  const many = perStep(240)
  expect(many.calls / few.calls).toBeLessThan(1.1)
  expect(many.files / few.files).toBeLessThan(1.1)
})
