// A build that finds everything done is answered by the helper alone, as long as nothing has changed that it depends on.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { makeBusyboxRoot } from '../support/busybox-root.ts'
import { canTrace } from '../support/e2e/count-work.ts'
import { imageIn, knownBuilds, type WatchedBuild } from '../support/e2e/known-builds.ts'
import {
  tsbuild as build,
  expectCode,
  type Outcome,
  type RunOptions,
  runCommand,
} from '../support/e2e/rig.ts'

const work = mkdtempSync(join(tmpdir(), 'tsbuild-known-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

const context = join(work, 'context')
const dockerfile = join(context, 'Dockerfile')
const text =
  'FROM busybox AS base\nENV A=1\nRUN echo one > /one\nFROM base\nRUN echo two > /two\nCMD ["true"]\n'
const words = ['build', '-t', 'known', '-t', 'known:2', context]

const builds = knownBuilds(work)
const { root } = builds
const recipes = join(root, 'cache/runs')
const watched = (args: readonly string[] = words, options?: RunOptions): Promise<WatchedBuild> =>
  builds.watched(args, options)
const learned = (args: readonly string[] = words, options?: RunOptions): Promise<Outcome> =>
  builds.learned(args, options)

const recordIn = (table: string, word: string): string => {
  const directory = join(root, 'records', table)
  const found = readdirSync(directory).find((name) => readFileSync(join(directory, name)).includes(word))
  if (found === undefined) throw new Error(`no record of ${word} in ${table}`)
  return join(directory, found)
}
const blob = (digest: string): string => join(root, 'content/blobs/sha256', digest.slice('sha256:'.length))
const stackOf = (id: string): readonly string[] => {
  const record: unknown = JSON.parse(readFileSync(recordIn('images', `"${id}"`), 'utf8'))
  return /"stack":\["(.*?)"\]/.exec(JSON.stringify(record))?.[1]?.split('","') ?? []
}

beforeAll(async () => {
  using busybox = makeBusyboxRoot()
  for (const name of ['busybox', 'other']) {
    const archive = join(work, `${name}.tar`)
    writeFileSync(join(busybox.path, name), name)
    expectCode(await runCommand('tar', ['-C', busybox.path, '--numeric-owner', '-cf', archive, '.']))
    expectCode(await build(['import', archive, name], { root }))
  }
})

beforeEach(() => {
  rmSync(context, { recursive: true, force: true })
  mkdirSync(context)
  writeFileSync(dockerfile, text)
})

test('it says what the program says, and uses what that uses', async () => {
  const known = await learned()
  expect(known).toEqual(await builds.byNode(words))
  expect(known.stderr).toContain('#2 CACHED\n')
  expect(known.stderr).toContain('named docker.io/library/known:2\n')
  const quiet = await learned(['-q', ...words.slice(1)])
  expect(quiet).toEqual({ code: 0, stdout: `${imageIn(known)}\n`, stderr: '' })
  const used = [recordIn('steps', 'echo one'), recordIn('steps', 'echo two'), blob(imageIn(known))]
  for (const file of used) utimesSync(file, 1, 1)
  await learned()
  for (const file of used) expect(statSync(file).mtimeMs, file).toBeGreaterThan(1000)
  expect(readdirSync(join(root, 'leases'))).toEqual([])
})

test('a build that did everything is known at once', async () => {
  await learned()
  writeFileSync(dockerfile, `${text}RUN echo ${Date.now()}\n`)
  const first = await watched()
  const second = await watched()
  expect([first.node, second.node, imageIn(second)]).toEqual([true, false, imageIn(first)])
})

/** What a build may depend on, each changed. */
const changes: Readonly<Record<string, (id: string) => unknown>> = {
  'a step more': () => writeFileSync(dockerfile, `${text}RUN echo three\n`),
  'other bytes, as many, at the same time': () => {
    const { atime, mtime } = statSync(dockerfile)
    writeFileSync(dockerfile, text.replace('one >', 'new >'))
    utimesSync(dockerfile, atime, mtime)
  },
  'a link to the same Dockerfile': () => {
    renameSync(dockerfile, join(context, 'moved'))
    symlinkSync('moved', dockerfile)
  },
  'no Dockerfile but dockerfile': () => renameSync(dockerfile, join(context, 'dockerfile')),
  'another context in the same place': () => {
    renameSync(context, `${context}.old`)
    mkdirSync(context)
    writeFileSync(dockerfile, text)
    rmSync(`${context}.old`, { recursive: true })
  },
  'another base image': async () => expectCode(await build(['tag', 'other', 'busybox'], { root })),
  'a name taken away': async () => expectCode(await build(['rmi', 'known:2'], { root })),
  'a name that leads elsewhere': async () => expectCode(await build(['tag', 'other', 'known'], { root })),
  'no result of a step': () => rmSync(join(root, 'records/steps'), { recursive: true }),
  'no layer of a step': (id) =>
    rmSync(join(root, 'layers', stackOf(id).at(-1) ?? '', 'tree'), { recursive: true }),
  'no record of a layer': (id) => unlinkSync(join(root, 'records/layers', stackOf(id).at(-1) ?? '')),
  'a layer that no sync has covered': (id) => {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    mkdirSync(join(root, 'volatile', boot), { recursive: true })
    writeFileSync(join(root, 'volatile', boot, stackOf(id).at(-1) ?? ''), '')
  },
  'a record that may not be on the disk': (id) => chmodSync(recordIn('images', `"${id}"`), 0o600),
  'other bytes in the config': (id) => {
    const bytes = readFileSync(blob(id))
    rmSync(blob(id))
    writeFileSync(blob(id), Buffer.alloc(bytes.length, ' '))
  },
  'a store of another version file': () => writeFileSync(join(root, 'version'), '1'),
  'a recipe that others may write': () => {
    for (const name of readdirSync(recipes)) chmodSync(join(recipes, name), 0o622)
  },
}
for (const [name, change] of Object.entries(changes)) {
  test(`it is done anew with ${name}`, async () => {
    const id = imageIn(await learned())
    await change(id)
    expect((await watched()).node).toBe(true)
  })
}

test('other words, variables and directories are other builds', async () => {
  await learned()
  const askedWith = async (args: readonly string[], options?: RunOptions): Promise<boolean> =>
    (await watched(args, options)).node
  const variables = [
    'BUILDKIT_PROGRESS=plain',
    'DOCKER_DEFAULT_PLATFORM=linux/amd64',
    'SOURCE_DATE_EPOCH=5',
    'CI=1',
  ]
  for (const variable of [
    ...variables,
    'TSBUILD_PULL=missing',
    'TSBUILD_RECIPES=off',
    'NODE_OPTIONS=--no-lazy',
  ]) {
    const [name = '', value = ''] = variable.split('=')
    expect(await askedWith(words, { env: { [name]: value } }), variable).toBe(true)
  }
  const flags = [
    '--label=a=b',
    '--build-arg=A=1',
    '--target=base',
    '--network=none',
    '--no-cache',
    '--no-sync',
  ]
  for (const flag of flags) expect(await askedWith([...words, flag]), flag).toBe(true)
  expect(await askedWith(words, { cwd: '/' })).toBe(true)
})

const unknown: Readonly<Record<string, readonly [text: string, ...flags: string[]]>> = {
  'another context that is an image': [
    `${text}COPY --from=more /bin/busybox /\n`,
    '--build-context',
    'more=docker-image://busybox',
  ],
  'a check of the context that the words ask for': [
    text,
    '--build-arg',
    'BUILDKIT_DOCKERFILE_CHECK=experimental=all',
  ],
  'a warning': ['from busybox\nRUN true\n'],
  'a build arg of nobody': [text, '--build-arg', 'NOBODY=1'],
  'a build arg of the environment': [`${text}ARG HOME\nRUN true\n`, '--build-arg', 'HOME'],
  'no cache': [text, '--no-cache'],
  'an id that is written to a device': [text, '--iidfile', '/dev/null'],
  'an archive': [text, '-o', `type=docker,dest=${join(work, 'archive')}`],
  'times in what it says': [text, '--progress=rawjson'],
  'a check of the context': [`# check=experimental=all\n${text}`],
  'the time of the context': [text, '--build-arg', 'SOURCE_DATE_EPOCH=context'],
  'no steps': ['FROM busybox\nENV A=1\n'],
}
for (const [name, [content, ...flags]] of Object.entries(unknown)) {
  test(`nothing is written down of a build with ${name}`, async () => {
    rmSync(recipes, { recursive: true, force: true })
    writeFileSync(dockerfile, content)
    const { node, ...outcome } = await watched(['build', '-t', 'unknown', ...flags, context])
    expectCode(outcome)
    expect(existsSync(recipes) ? readdirSync(recipes) : []).toEqual([])
  })
}

test.each([
  ['tsbuild', 'build', '/nothing/there'],
  ['tsrun', 'run', '--nothing'],
])('an empty helper does not stand for %s', async (program, ...args) => {
  const tree = mkdtempSync(join(work, 'tree-'))
  const own = join(import.meta.dirname, '../..')
  mkdirSync(join(tree, 'native/build'), { recursive: true })
  mkdirSync(join(tree, 'bin'))
  copyFileSync(join(own, 'bin', program), join(tree, 'bin', program))
  symlinkSync(join(own, 'dist'), join(tree, 'dist'))
  writeFileSync(join(tree, 'native/build/tsbuild-native'), '', { mode: 0o755 })
  const { code, stderr } = await runCommand(join(tree, 'bin', program), args, { env: { TSBUILD_ROOT: root } })
  expect(code).toBeGreaterThan(0)
  expect(stderr).toContain('nothing')
})

test.runIf(canTrace())('every file that the program looks at is checked', async () => {
  rmSync(recipes, { recursive: true, force: true })
  await learned()
  const [name = ''] = readdirSync(recipes)
  const recipe = readFileSync(join(recipes, name), 'latin1')
  const trace = join(work, 'trace')
  execFileSync(
    'strace',
    ['-f', '-s', '4096', '-e', 'trace=file', '-o', trace, join('bin/tsbuild'), ...words],
    {
      cwd: join(import.meta.dirname, '../..'),
      env: { ...process.env, TSBUILD_ROOT: root, TSBUILD_RECIPES: 'off', TSBUILD_PULL: 'never' },
      stdio: 'ignore',
    },
  )
  const paths = readFileSync(trace, 'utf8').match(new RegExp(`(?<=")(?:${root}|${context})[^"]*`, 'g')) ?? []
  // Work of processes that are gone, its own lease, and the other form of a layer.
  const others = /^\/(leases|trash|active|content\/ingest|volatile|owned|$)|^\/layers\/[0-9a-f]{32}\/tree$/
  const unchecked = paths.filter(
    (path) =>
      !recipe.includes(path) &&
      // A tar that is not there, of a layer that has a tree.
      !recipe.includes(`/${path.slice(path.lastIndexOf('/sha256/') + '/sha256/'.length)}`) &&
      !(path.startsWith(root) && others.test(path.slice(root.length))),
  )
  expect(paths.length).toBeGreaterThan(20)
  expect(new Set(unchecked)).toEqual(new Set())
})
