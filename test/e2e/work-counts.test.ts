// Guards speed by counting work, not time: what a command does must not grow. Counts of a Node that does nothing are taken
// off, so that the limits hold for any version of it.
//   TSBUILD_SET_COUNTS=1 writes fixtures/work-counts.json anew, after a change that is meant to cost more or has made it less.
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeBusyboxRoot } from '../support/busybox-root.ts'
import { canTrace, countWork, type WorkCounts } from '../support/e2e/count-work.ts'

const project = join(import.meta.dirname, '../..')
const fixture = join(project, 'fixtures/work-counts.json')

interface Limits {
  /** A count may be this much larger than when it was set: times `factor`, and `slack` of each kind more. */
  readonly factor: number
  readonly slack: WorkCounts
  readonly works: Readonly<Record<string, WorkCounts>>
}

const limits = JSON.parse(readFileSync(fixture, 'utf8')) as Limits
const kinds = Object.keys(limits.slack) as (keyof WorkCounts)[]

const work = mkdtempSync(join(tmpdir(), 'tsbuild-work-'))
const env = {
  TSBUILD_ROOT: join(work, 'store'),
  TSBUILD_RUN: join(work, 'run'),
  // Node 20 reads these at every start; our launcher hides them, the bare Node here must not see them either.
  NODE_EXTRA_CA_CERTS: undefined,
}
const bin = (name: string): string => join(project, 'bin', name)
const run = (...argv: readonly string[]): void => {
  const [file = '', ...args] = argv
  execFileSync(file, args, { env: { ...process.env, ...env }, stdio: 'pipe' })
}

const build = (name: string, ...options: readonly string[]): readonly string[] => [
  bin('tsbuild'),
  'build',
  '-q',
  ...options,
  '-t',
  name,
  join(work, name),
]

/** 14 MB, of which a build after an edit writes one directory of 70 files (docs/adr/0009). */
const afterEdit = 'COPY of 2100 files, one of them changed'

const works: Readonly<Record<string, readonly string[]>> = {
  'cached rebuild': build('steps'),
  'cold RUN': build('steps', '--no-cache'),
  'COPY of 1000 files, cold': build('files', '--no-cache'),
  'COPY of 1000 files, unchanged': build('files'),
  [afterEdit]: build('many'),
  'run true': [bin('tsrun'), '--rm', '--network=none', 'busybox', 'true'],
  // Not what anybody has run before.
  'first run': [bin('tsrun'), '--rm', '--network=none', '-e', 'FIRST', 'busybox', 'true'],
}

/** By the program, as all that the helper does not know (tsbuild-again.test.ts). */
const envOf = (name: string): Readonly<Record<string, string | undefined>> =>
  name === 'cached rebuild' ? { ...env, TSBUILD_RECIPES: 'off' } : env

const makeContexts = (): void => {
  mkdirSync(join(work, 'steps'))
  writeFileSync(join(work, 'steps/Dockerfile'), 'FROM busybox\nRUN echo hello > /hello\n')
  mkdirSync(join(work, 'files'))
  writeFileSync(join(work, 'files/Dockerfile'), 'FROM busybox\nCOPY . /files\n')
  for (let i = 0; i < 1000; i++) {
    const directory = join(work, 'files', `d${Math.floor(i / 100)}`)
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, `f${i}`), `file ${i}\n`.repeat(400))
  }
  mkdirSync(join(work, 'many'))
  writeFileSync(join(work, 'many/Dockerfile'), 'FROM busybox\nCOPY . /files\n')
  for (let i = 0; i < 2100; i++) {
    const directory = join(work, 'many', `d${i % 30}`)
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, `f${i}`), `file ${i}\n`.repeat(600))
  }
}

const edit = (): void => appendFileSync(join(work, 'many/d7/f7'), 'more\n')

/** The helper remembers a run from its second time on, if nothing has changed within the last second. */
const learn = (argv: readonly string[]): void => {
  const recipes = join(work, 'store/cache/runs')
  // Builds have changed what earlier ones depend on.
  rmSync(recipes, { recursive: true })
  run(...argv)
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    if (readdirSync(recipes).some((name) => name !== 'seen')) return
    run(...argv)
  }
}

let empty: WorkCounts | undefined

beforeAll(() => {
  using busybox = makeBusyboxRoot()
  const archive = join(work, 'busybox.tar')
  run('tar', '-C', busybox.path, '--numeric-owner', '-cf', archive, '.')
  run(bin('tsbuild'), 'import', archive, 'busybox')
  makeContexts()
  // Once before counting: the base is unpacked, the seccomp program compiled, the stat cache written.
  for (const argv of Object.values(works)) run(...argv)
  if (canTrace()) empty = countWork([process.execPath, '-e', ''], env)
})

afterAll(() => rmSync(work, { recursive: true, force: true }))

const net = (counts: WorkCounts, base: WorkCounts): WorkCounts => {
  const entries = kinds.map((kind) => [kind, Math.max(0, counts[kind] - base[kind])] as const)
  return Object.fromEntries(entries) as unknown as WorkCounts
}

/** Which counts are above their limits, in words. */
const grown = (name: string, counts: WorkCounts): readonly string[] => {
  const was = limits.works[name]
  if (was === undefined) return [`${name}: no counts in fixtures/work-counts.json`]
  return kinds.flatMap((kind) => {
    const most = Math.ceil(was[kind] * limits.factor + limits.slack[kind])
    return counts[kind] > most
      ? [`${kind} grew from ${was[kind]} to ${counts[kind]}, more than ${most}: see the head of this test`]
      : []
  })
}

const measured: Record<string, WorkCounts> = {}

it.for(Object.keys(works))('%s does not do more than it did', (name, { skip }) => {
  if (empty === undefined) return skip('no process may be traced here')
  if (name === 'run true') learn(works[name] ?? [])
  if (name === afterEdit) edit()
  const counts = net(countWork(works[name] ?? [], envOf(name)), empty)
  measured[name] = counts
  if (process.env['TSBUILD_SET_COUNTS'] === undefined) expect(grown(name, counts)).toEqual([])
})

afterAll(() => {
  if (process.env['TSBUILD_SET_COUNTS'] === undefined) return
  writeFileSync(fixture, `${JSON.stringify({ ...limits, works: measured }, null, 2)}\n`)
})
