// A command line that has been run twice is done by the helper alone, as long as nothing has changed that it depends on.
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { makeBusyboxRoot } from '../support/busybox-root.ts'
import { decodeOps } from '../support/decode-ops.ts'
import { watchLeftovers } from '../support/e2e/containers.ts'
import {
  tsbuild as build,
  expectCode,
  type Outcome,
  type RunOptions,
  tsrun as run,
  runCommand,
} from '../support/e2e/rig.ts'

afterAll(watchLeftovers())

const work = mkdtempSync(join(tmpdir(), 'tsbuild-again-'))
const log = join(work, 'log')
afterAll(() => rmSync(work, { recursive: true, force: true }))

// In front of the real one; what does not start it is done without.
beforeAll(() => {
  writeFileSync(join(work, 'node'), `#!/bin/sh\necho >> ${log}\nexec ${process.execPath} "$@"\n`, {
    mode: 0o755,
  })
})

// A store of its own: whatever changes an image changes what recipes depend on.
const root = join(work, 'store')
const tsrun = (args: readonly string[], options: RunOptions = {}): Promise<Outcome> =>
  run(args, { root, ...options })
const tsbuild = (args: readonly string[], options: RunOptions = {}): Promise<Outcome> =>
  build(args, { root, ...options })

beforeAll(async () => {
  using busybox = makeBusyboxRoot()
  const archive = join(work, 'busybox.tar')
  expectCode(await runCommand('tar', ['-C', busybox.path, '--numeric-owner', '-cf', archive, '.']))
  expectCode(await tsbuild(['import', archive, 'busybox']))
})

const kept = join(root, 'cache/runs')

/** What a run says, and whether it took Node. It is written down at its first time, unless `recipes` is `on`. */
const watched = async (
  args: readonly string[],
  input = '',
  recipes = 'first',
): Promise<Outcome & { readonly node: boolean }> => {
  rmSync(log, { force: true })
  const outcome = await tsrun(args, {
    input,
    env: { PATH: `${work}:${process.env['PATH']}`, TSBUILD_RECIPES: recipes },
  })
  return { ...outcome, node: existsSync(log) }
}

/** Runs it until it is known: what has changed within the last second is not relied on, so it may take several. */
const learned = async (args: readonly string[], input?: string, recipes?: string): Promise<Outcome> => {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const { node, ...outcome } = await watched(args, input, recipes)
    if (!node) return outcome
  }
  throw new Error('Node is still asked')
}

const plain = ['--rm', '--network=none']

test('the container is one like any other', async () => {
  const script = 'hostname; cat /etc/hostname; id -u; echo "$A"; cat; exit 7'
  const args = [...plain, '-i', '-e', 'A=one  two', '-u', 'nobody', 'busybox', 'sh', '-c', script]
  const outcome = await learned(args, 'some input\n', 'on')
  const [host = '', ...rest] = outcome.stdout.split('\n')
  expect(rest).toEqual([host, '65534', 'one  two', 'some input', ''])
  expect(host).toMatch(/^[0-9a-f]{12}$/)
  expect(outcome.code).toBe(7)
  const events = await tsrun([
    'events',
    '--since',
    '1m',
    '--until',
    '0s',
    '--format',
    '{{.Action}} {{.Actor.ID}}',
  ])
  const own = events.stdout.split('\n').filter((line) => line.includes(` ${host}`))
  expect(own.map((line) => line.split(' ')[0])).toEqual(['create', 'attach', 'start', 'die', 'destroy'])
})

test("podman's mask and time are those of the run that was written down", async () => {
  const args = [...plain, '--umask', '0077', '--timeout', '1', 'busybox', 'sh', '-c', 'umask; sleep 100']
  expect(await learned(args)).toMatchObject({ code: 137, stdout: '0077\n' })
})

test('without --rm it stays, with what it said and was told', async () => {
  const args = ['--network=none', '-l', 'test=again', 'busybox', 'sh', '-c', 'echo out; echo err >&2']
  expect(await learned(args)).toEqual({ code: 0, stdout: 'out\n', stderr: 'err\n' })
  const listed = await tsrun(['ps', '-aq', '--filter', 'label=test=again'])
  const ids = listed.stdout.trim().split('\n')
  expect(ids.length).toBeGreaterThan(1)
  const shown = await tsrun(['inspect', '-f', '{{.State.Status}} {{.Config.Image}} {{.Name}}', ...ids])
  const names = shown.stdout.trim().split('\n')
  expect(new Set(names).size).toBe(ids.length)
  for (const name of names) expect(name).toMatch(/^exited busybox \/[a-z]+_[a-z]+\d*$/)
  expect((await tsrun(['logs', ids[0] ?? ''])).stdout).toBe('out\n')
  expectCode(await tsrun(['start', ids[0] ?? '']))
  expectCode(await tsrun(['rm', '-f', ...ids]))
})

const files = [
  'container.json',
  'config.json',
  'hosts',
  'hostname',
  'resolv.conf',
  'event.json',
  'network.json',
  'leases',
  'names',
]

/** All that the start of a container has written, without what differs from one to the next. */
const written = (id: string): unknown => {
  const directory = join(root, 'containers', id)
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8')
  const { name, created } = JSON.parse(read('container.json')) as {
    readonly name: string
    readonly created: string
  }
  const general = (text: string): string =>
    text
      .replaceAll(id, 'ID')
      .replaceAll(id.slice(0, 12), 'SHORT')
      .replaceAll(name, 'NAME')
      .replaceAll(created, 'CREATED')
      .replaceAll(/work-[0-9a-f-]+/g, 'WORK')
  const request = decodeOps(readFileSync(join(directory, 'request.bin')))
  return {
    files: files.map((file) => [file, general(read(file))]),
    request: general(JSON.stringify(request)),
    all: readdirSync(directory).sort(),
    modes: readdirSync(directory).map((file) => statSync(join(directory, file)).mode),
    owned: readdirSync(join(root, 'owned', id))
      .map(general)
      .sort(),
  }
}

const wishes: readonly (readonly string[])[] = [
  ['busybox', 'true'],
  [
    '-e',
    'A=1',
    '-u',
    '1:2',
    '-w',
    '/tmp',
    '-m',
    '64m',
    '--read-only',
    'busybox',
    'sh',
    '-c',
    'a "b" \\c',
    '',
    '\t\n\x01\x7f',
  ],
  ['--entrypoint', 'echo', '--init', '-h', 'other', 'busybox', 'one', 'two'],
]

test.for(wishes)('a container is the same to the byte, whoever makes it: %o', async (wish) => {
  const args = ['--network=none', '-l', 'test=same', ...wish]
  const { code, stdout } = await learned(args)
  const again = await tsrun(args, { env: { TSBUILD_RECIPES: 'off' } })
  expect({ code: again.code, stdout: again.stdout }).toEqual({ code, stdout })
  const ids = (await tsrun(['ps', '-aq', '--no-trunc', '--filter', 'label=test=same'])).stdout
    .trim()
    .split('\n')
  const [byNode, byRecipe] = ids.map(written)
  expect(byRecipe).toEqual(byNode)
  expectCode(await tsrun(['rm', '-f', ...ids]))
})

test('every user of a container reads its host name, whatever the umask of the caller', async () => {
  const args = [...plain, '-u', 'nobody', 'busybox', 'cat', '/etc/hostname']
  await learned(args)
  for (const recipes of ['off', 'on']) {
    const words = [join(import.meta.dirname, '../../bin/tsrun'), ...args]
    const env = { TSBUILD_ROOT: root, TSBUILD_RUN: inject('runRoot'), TSBUILD_PULL: 'never' }
    const shell = ['-c', 'umask 077; exec "$@"', 'sh', ...words]
    const outcome = await runCommand('sh', shell, { env: { ...env, TSBUILD_RECIPES: recipes } })
    expect(outcome.stdout).toMatch(/^[0-9a-f]{12}\n$/)
  }
})

test('words that are not plain are left to Node', async () => {
  const args = [...plain, 'busybox', 'echo', 'ä']
  for (const _ of [1, 2, 3]) expect(await watched(args)).toMatchObject({ node: true, stdout: 'ä\n' })
})

test('ten at once have ids and names of their own', async () => {
  const args = [...plain, 'busybox', 'hostname']
  await learned(args)
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => watched(args)))
  expect(new Set(outcomes.map(({ stdout }) => stdout)).size).toBe(10)
  expect(outcomes.every(({ code }) => code === 0)).toBe(true)
})

test('another image of the name is seen at once', async () => {
  expectCode(await tsbuild(['tag', 'busybox', 'again:1']))
  const args = [...plain, 'again:1', 'cat', '/etc/group']
  const before = await learned(args)
  expectCode(
    await tsbuild(['build', '-q', '-t', 'again:1', '-'], {
      input: 'FROM busybox\nRUN echo new > /etc/group\n',
    }),
  )
  const after = await watched(args)
  expect(before.stdout).not.toBe('new\n')
  expect(after.stdout).toBe('new\n')
  expectCode(await tsbuild(['rmi', 'again:1']))
  const gone = await watched(args)
  expect(gone.code).toBe(125)
  expect(gone.stderr).toContain('find image "again:1"')
})

test('what cannot be started is said as before, and nothing is left', async () => {
  const args = [...plain, 'busybox', '/etc/passwd']
  const outcomes = [await watched(args), await watched(args), await watched(args)]
  expect(outcomes.map(({ code }) => code)).toEqual([126, 126, 126])
})

test('recipes that are damaged, or that others can write to, are not followed', async () => {
  const args = [...plain, 'busybox', 'echo', 'whole']
  rmSync(kept, { recursive: true })
  await learned(args)
  const path = join(kept, readdirSync(kept).find((name) => name !== 'seen') ?? '')
  const whole = readFileSync(path)
  for (const length of [0, 10, 100, Math.floor(whole.length / 2), whole.length - 2000, whole.length - 1]) {
    writeFileSync(path, whole)
    truncateSync(path, length)
    expect(await watched(args)).toMatchObject({ code: 0, stdout: 'whole\n' })
  }
  writeFileSync(path, whole)
  chmodSync(path, 0o666)
  expect(await watched(args)).toMatchObject({ code: 0, node: true })
  expect(readdirSync(join(root, 'containers'))).toEqual([])
})

test('a run holds its lease before it looks at what a prune may be about to remove', async () => {
  rmSync(kept, { recursive: true })
  await learned([...plain, 'busybox', 'true'])
  const name = readdirSync(kept).find((one) => one !== 'seen') ?? ''
  const recipe = readFileSync(join(kept, name), 'latin1')
  const places = [`${root}/leases/`, `${root}/prune.lock`].map((path) => recipe.indexOf(path))
  const records = ['names', 'images', 'layers'].map((table) => recipe.indexOf(`${root}/records/${table}`))
  const [lease = -1, ...looks] = [...places, ...records]
  for (const look of looks) expect(look).toBeGreaterThan(lease)
  expect(lease).toBeGreaterThan(0)
})

test('a prune leaves nothing of what was said in flags', async () => {
  await learned([...plain, '-e', 'PASSWORD=said once', 'busybox', 'true'])
  expectCode(await tsbuild(['prune', '-f']))
  expect((await runCommand('grep', ['-rl', 'said once', root])).stdout).toBe('')
  expect(await watched([...plain, 'busybox', 'true'])).toMatchObject({ code: 0, node: true })
})

test('flags that depend on more are always left to Node', async () => {
  const args = ['--rm', '--network=none', '-e', 'OURS', 'busybox', 'true']
  for (const _ of [1, 2, 3]) expect(await watched(args)).toMatchObject({ code: 0, node: true })
})
