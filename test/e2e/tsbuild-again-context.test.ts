// Builds that copy files of a directory, answered by the helper as long as nothing there has changed.
import {
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeBusyboxRoot } from '../support/busybox-root.ts'
import { copiedContext } from '../support/e2e/copied-context.ts'
import { imageIn, knownBuilds } from '../support/e2e/known-builds.ts'
import { tsbuild as build, expectCode, runCommand } from '../support/e2e/rig.ts'

const work = mkdtempSync(join(tmpdir(), 'tsbuild-known-context-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

const { root, watched, learned, byNode } = knownBuilds(work)
const { context, at, put, makeContext, addMany } = copiedContext(join(work, 'context'))

beforeAll(async () => {
  using busybox = makeBusyboxRoot()
  const archive = join(work, 'busybox.tar')
  expectCode(await runCommand('tar', ['-C', busybox.path, '--numeric-owner', '-cf', archive, '.']))
  expectCode(await build(['import', archive, 'busybox'], { root }))
})

const words = (...more: readonly string[]): readonly string[] => ['build', '-t', 'copied', ...more, context]

/** Forms that are known. */
const forms: Readonly<Record<string, readonly [dockerfile: string, ...words: string[]]>> = {
  'all of it': ['FROM busybox\nCOPY . /app\n'],
  'onto nothing': ['FROM scratch\nCOPY src /\n'],
  'parts, patterns and links': [
    'FROM busybox\nCOPY src/ /s/\nCOPY *.txt lin* file-link /t/\nCOPY sr*/d* /u/\n',
  ],
  'nothing that matches': ['FROM busybox\nCOPY a.txt *.nothing /t/\n'],
  'modes and owners': ['FROM busybox\nCOPY --chmod=600 --chown=1:2 a.txt /x\nADD --chown=root src /y\n'],
  'layers of their own': ['FROM busybox\nWORKDIR /w\nCOPY --link a.txt b.txt ./\nCOPY --link src /z\n'],
  'ways and exceptions': ['FROM busybox\nCOPY --parents src/*/h /p/\nCOPY --exclude=*.md . /e/\n'],
  'stages beside each other': [
    'FROM busybox AS one\nCOPY a.txt /a\nWORKDIR /x\nFROM busybox AS two\nWORKDIR /y\nRUN true\nCOPY src /src\n' +
      'FROM busybox AS three\nCOPY --from=one /a /\nRUN --mount=from=two,source=/src,target=/m true\n' +
      'FROM scratch\nCOPY --from=two /src /\nCOPY --from=three /a /\nCOPY --link b.txt /\n',
  ],
  'other stages': [
    'FROM busybox AS one\nCOPY a.txt /a\nRUN cp /a /b\nFROM busybox\nCOPY --from=one /a /b /\n',
  ],
  mounts: [
    'FROM busybox\nRUN --mount=type=bind,source=src,target=/m --mount=type=cache,target=/c cat /m/f > /f\n' +
      'RUN --mount=type=tmpfs,target=/t --mount=type=secret,id=s --mount=from=busybox,target=/b true\n',
  ],
  'text of its own': ['FROM busybox\nCOPY <<END /text\nhello\nEND\nRUN cat /text\n'],
  'words that say more': [
    'FROM busybox AS one\nARG A\nARG B=b.txt\nCOPY $A $B /\nFROM one\nRUN true\n',
    '--build-arg=A=a.txt',
    '--target=one',
    '--label=a=b',
    '-t=copied:2',
    '-q',
  ],
}
for (const [name, [dockerfile, ...more]] of Object.entries(forms)) {
  test(`the helper says what the program says of ${name}`, async () => {
    makeContext(dockerfile)
    const known = await learned(words(...more))
    expect(known).toEqual(await byNode(words(...more)))
    expect(readdirSync(join(root, 'leases'))).toEqual([])
    put('b.txt', 'other\n')
    put('src/f', 'other\n')
    const after = await watched(words(...more))
    expect(after.node).toBe(!dockerfile.includes('<<'))
  })
}

test('a Dockerfile elsewhere, a context through a link, and its own ignore file', async () => {
  makeContext()
  const file = join(work, 'elsewhere')
  writeFileSync(file, 'FROM busybox\nCOPY . /app\n')
  const link = join(work, 'way')
  symlinkSync('context', link)
  const argv = ['build', '-f', 'elsewhere', 'way']
  const first = await learned(argv)
  writeFileSync(`${file}.dockerignore`, 'src\n')
  const other = await learned(argv)
  expect(imageIn(other)).not.toBe(imageIn(first))
  // The one in the context does not count now.
  put('.dockerignore', 'a.txt\n')
  rmSync(`${file}.dockerignore`)
  symlinkSync('context/.dockerignore', `${file}.dockerignore`)
  expect((await watched(argv)).node).toBe(true)
  unlinkSync(link)
  rmSync(`${file}.dockerignore`)
})

test('files that say what was built', async () => {
  makeContext()
  const [id, metadata] = [join(work, 'id'), join(work, 'metadata')]
  const argv = words('--iidfile=id', '--metadata-file', metadata)
  const read = (): readonly unknown[] =>
    [id, metadata].map((file) => [readFileSync(file, 'utf8'), lstatSync(file).mode, lstatSync(file).uid])
  await byNode(argv)
  const written = read()
  const known = await learned(argv)
  for (const change of [() => rmSync(id), () => writeFileSync(metadata, 'old'), () => chmodSync(id, 0o400)]) {
    change()
    expect(await watched(argv)).toEqual({ ...known, node: false })
    expect(read()).toEqual(written)
  }
  expect(readdirSync(work).filter((name) => name.endsWith('.tmp'))).toEqual([])
  // What stands there is no file of ours to replace.
  rmSync(id)
  symlinkSync('elsewhere', id)
  expect((await watched(argv)).node).toBe(true)
  expect(read()).toEqual(written)
  rmSync(id)
  mkdirSync(id)
  const refused = await watched(argv)
  expect([refused.node, refused.code === 0]).toEqual([true, false])
  expect(refused.stdout).toBe(known.stdout)
  rmSync(id, { recursive: true })
})

test('other contexts, each with its rules', async () => {
  makeContext('FROM busybox\nCOPY --from=more . /more\nCOPY a.txt /\n')
  const more = join(work, 'more')
  mkdirSync(more)
  for (const name of ['one', 'two']) writeFileSync(join(more, name), name)
  mkdirSync(join(work, 'unused'))
  const argv = words('--build-context', `more=${more}`, '--build-context=unused=unused')
  expect(await learned(argv)).toEqual(await byNode(argv))
  const edits = [
    () => writeFileSync(join(more, 'one'), 'other'),
    () => writeFileSync(join(more, '.dockerignore'), 'two\n'),
    () => put('a.txt', 'other\n'),
  ]
  for (const edit of edits) {
    const before = await learned(argv)
    edit()
    const { node, ...outcome } = await watched(argv)
    expect([node, imageIn(outcome) === imageIn(before)]).toEqual([true, false])
    expect(imageIn(await byNode(argv))).toBe(imageIn(outcome))
  }
  await learned(argv)
  rmSync(join(work, 'unused'), { recursive: true })
  expect((await watched(argv)).code).not.toBe(0)
  rmSync(more, { recursive: true })
})

const stateFiles = (): readonly string[] =>
  readdirSync(join(root, 'context'))
    .filter((name) => /^[0-9a-f]{32}$/.test(name))
    .map((name) => join(root, 'context', name))

const changes: Readonly<Record<string, () => unknown>> = {
  'no stat cache': () => stateFiles().map((file) => rmSync(file)),
  'a stat cache that is cut off': () => stateFiles().map((file) => truncateSync(file, 100)),
  'a stat cache with another end': () =>
    stateFiles().map((file) => writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.alloc(32)]))),
  'a new name': () => put('new', ''),
  'an ignored name that was not there': () => put('new.log', ''),
  'an ignored name gone': () => unlinkSync(at('x.log')),
  'other rules': () => put('.dockerignore', '*.log\nout\nc.md\n'),
  'no rules': () => unlinkSync(at('.dockerignore')),
  'rules of its own': () => put('Dockerfile.dockerignore', ''),
  'a file that was touched': () => utimesSync(at('a.txt'), 1, 1),
  'another mode': () => chmodSync(at('src/f'), 0o600),
  'another name for a file': () => linkSync(at('src/f'), at('out/f')),
  'a directory that is a link': () => {
    renameSync(at('src'), at('out/src'))
    symlinkSync('out/src', at('src'))
  },
  'the same bytes in another file': () => {
    copyFileSync(at('a.txt'), at('out/a.txt'))
    renameSync(at('out/a.txt'), at('a.txt'))
  },
}
for (const [name, change] of Object.entries(changes)) {
  test(`the program is asked with ${name}`, async () => {
    makeContext()
    await learned(words())
    change()
    const { node, ...outcome } = await watched(words())
    expect(node).toBe(true)
    expect(imageIn(outcome)).toBe(imageIn(await byNode(words())))
  })
}

test('of many files, too, each counts', async () => {
  makeContext('FROM busybox\nCOPY src/f /f\nCOPY src /src\n')
  addMany()
  const known = await learned(words())
  // From the second time on the program takes what is below from the stat cache, unlisted.
  writeFileSync(at('Dockerfile'), 'FROM busybox\nCOPY src/f /f\nCOPY src /src\n# again\n')
  expect(await learned(words())).toEqual(known)
  expect(await byNode(words())).toEqual(known)
  put('src/many/3/10', 'more')
  const { node, ...outcome } = await watched(words())
  expect([node, imageIn(outcome) === imageIn(known)]).toEqual([true, false])
  expect(await learned(words())).toEqual(await byNode(words()))
})

/** Files of the store with what tells that they were touched. */
const inStore = (): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(root, { recursive: true }).map((name) => {
      const { mtimeMs, mode, size, ino } = lstatSync(join(root, String(name)))
      return [String(name), `${mtimeMs} ${mode} ${size} ${ino}`]
    }),
  )

test('what the program touches in the store, and nothing else', async () => {
  makeContext('FROM busybox AS one\nCOPY src /src\nRUN true\nFROM busybox\nCOPY --from=one /src /src\n')
  const touchedBy = async (work: () => Promise<unknown>): Promise<readonly string[]> => {
    const before = inStore()
    await work()
    return [...inStore()].filter(([name, now]) => before.get(name) !== now).map(([name]) => name)
  }
  await learned(words())
  const byHelper = await touchedBy(async () => expect((await watched(words())).node).toBe(false))
  // The last one is the same step as the first.
  expect(byHelper.filter((name) => name.startsWith('records/steps/')).length).toBe(2)
  expect(byHelper).toEqual(await touchedBy(() => byNode(words())))
})

test('what is ignored whole may change', async () => {
  makeContext()
  await learned(words())
  put('x.log', 'more')
  put('out/new', '')
  expect((await watched(words())).node).toBe(false)
})

const shown: Readonly<Record<string, () => unknown>> = {
  'something in an ignored directory': () => put('out/a.md', ''),
  'something below one in it': () => {
    mkdirSync(at('out/far/away'), { recursive: true })
    put('out/far/away/a.md', '')
  },
  'a directory in the place of an ignored file': () => {
    unlinkSync(at('x.log'))
    mkdirSync(at('x.log'))
    put('x.log/a.md', '')
  },
  less: () => unlinkSync(at('out/shown.md')),
}
for (const [name, change] of Object.entries(shown)) {
  test(`rules that take back below ignored directories, and ${name}`, async () => {
    makeContext()
    put('.dockerignore', 'out\n*.log\n!**/*.md\n')
    put('out/shown.md', '')
    const before = await learned(words())
    expect(before).toEqual(await byNode(words()))
    change()
    const { node, ...outcome } = await watched(words())
    expect([node, imageIn(outcome) === imageIn(before)]).toEqual([true, false])
    expect(imageIn(await byNode(words()))).toBe(imageIn(outcome))
  })
}
