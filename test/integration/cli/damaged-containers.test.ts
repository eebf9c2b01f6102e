import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { tsrunVerbs } from '../../../src/cli/run/verbs.ts'
import { importImage, openStore } from '../../../src/engine/index.ts'
import { stateFile } from '../../../src/runtime/container/state-files.ts'
import { makeBusyboxRoot } from '../../support/busybox-root.ts'
import { runVerb, type VerbResult } from '../../support/memory-cli.ts'

/**
 * Every file of a container's directory, damaged in every state: each verb answers in plain words, and `rm -f` removes all of it.
 * By default each file is damaged in two of the states, in another way each time; TSBUILD_SWEEP=all tries everything (four minutes).
 */

let work: string

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'tsbuild-damaged-'))
  using root = makeBusyboxRoot()
  const tar = join(work, 'root.tar')
  execFileSync('tar', ['-C', root.path, '--numeric-owner', '-cf', tar, '.'])
  const store = openStore({ root: join(work, 'store') })
  await importImage(store, { kind: 'file', path: tar }, { name: 'busybox', origin: tar, now: Date.now() })
})
afterAll(() => rmSync(work, { recursive: true }))

const tsrun = async (verb: string, ...words: readonly string[]): Promise<VerbResult> => {
  const run = await tsrunVerbs[verb]?.()
  if (!run) throw new Error(`no verb ${verb}`)
  return runVerb(run, words, { root: join(work, 'store'), runRoot: join(work, 'run'), now: Date.now })
}

const must = async (verb: string, ...words: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await tsrun(verb, ...words)
  expect({ verb, code, stderr }).toMatchObject({ code: 0 })
  return stdout.trim()
}

/** Makes a container and returns its id. */
const states = {
  created: () => must('create', '--network', 'none', 'busybox', 'sleep', '1000'),
  running: () => must('run', '-d', '--network', 'none', 'busybox', 'sleep', '1000'),
  async paused() {
    const id = await states.running()
    await must('pause', id)
    return id
  },
  async exited() {
    const id = await must('run', '-d', '--network', 'none', 'busybox', 'true')
    await must('wait', id)
    return id
  },
  async restarting() {
    const id = await must('run', '-d', '--network', 'none', '--restart', 'always', 'busybox', 'false')
    const dir = dirOf(id)
    await eventually(() => /"waiting":true/.test(textOf(join(dir, stateFile.restart))))
    return id
  },
} as const

const kinds = {
  empty: (path: string) => existsSync(path) && writeFileSync(path, ''),
  torn: (path: string) => {
    const text = textOf(path)
    if (text !== '') writeFileSync(path, text.slice(0, text.length / 2))
  },
  garbage: (path: string) => writeFileSync(path, '{"id":1}\n[]\0\xff garbage'),
  directory: (path: string) => {
    rmSync(path, { force: true })
    mkdirSync(join(path, 'in'), { recursive: true })
  },
  missing: (path: string) => rmSync(path, { force: true }),
} as const

type State = keyof typeof states
type Kind = keyof typeof kinds

const stateNames: readonly State[] = ['created', 'running', 'paused', 'exited', 'restarting']
const kindNames: readonly Kind[] = ['empty', 'torn', 'garbage', 'directory', 'missing']

const dirOf = (id: string): string => join(work, 'store/containers', id)

const textOf = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '')

const eventually = async (check: () => boolean): Promise<void> => {
  for (const end = Date.now() + 15_000; !check(); await new Promise((resolve) => setTimeout(resolve, 10)))
    if (Date.now() > end) throw new Error(`does not become true: ${check}`)
}

const isRunning = (pid: number): boolean => {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

const pidsOf = (id: string): readonly number[] =>
  ['monitor', 'pid'].flatMap((file) => {
    const pid = /"pid":(\d+)/.exec(textOf(join(dirOf(id), file)))?.[1]
    return pid === undefined ? [] : [Number(pid)]
  })

/** What there still is of a container. */
const restOf = (id: string): readonly string[] => [
  ...['containers', 'owned']
    .map((place) => join(work, 'store', place, id))
    .filter((path) => existsSync(path)),
  ...readdirSync(join(work, 'store/records/container-names')).filter((name) =>
    textOf(join(work, 'store/records/container-names', name)).includes(id),
  ),
  ...execFileSync('find', ['/sys/fs/cgroup', '-name', `*${id}*`, '-type', 'd'], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean),
]

const verbsOf = (id: string): readonly (readonly [string, ...string[]])[] => [
  ['ps', '-a'],
  ['inspect', id],
  ['logs', id],
  ['exec', id, 'true'],
  ['stop', '-t', '0', id],
  ['start', id],
  ['rm', id],
]

const checkAnswer = (said: string, { code, stdout, stderr }: VerbResult): void => {
  const answer = `${said}: ${code} ${stdout}${stderr}`
  expect(answer).not.toMatch(/internal error|^\s+at /m)
  if (code !== 0) expect(answer).toMatch(/error: /)
}

const sweep = async (state: State, file: string, kind: Kind): Promise<void> => {
  const id = await states[state]()
  const pids = pidsOf(id)
  kinds[kind](join(dirOf(id), file))
  for (const words of verbsOf(id)) checkAnswer(`${state} ${file} ${kind}: ${words[0]}`, await tsrun(...words))
  const end = await tsrun('rm', '-f', id)
  checkAnswer(`${state} ${file} ${kind}: rm -f`, end)
  await eventually(() => !pids.some(isRunning))
  expect({ state, file, kind, rest: restOf(id) }).toMatchObject({ rest: [] })
}

const files = Object.values(stateFile)

const all = process.env['TSBUILD_SWEEP'] === 'all'

const cases = files.flatMap((file, row) =>
  stateNames.flatMap((state, column) =>
    kindNames
      .filter((_, kind) => all || (kind === (row + column) % 5 && (row * 2 + column) % 5 < 2))
      .map((kind) => [state, file, kind] as const),
  ),
)

test.each(cases)('%s, %s %s', sweep, 60_000)
