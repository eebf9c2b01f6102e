// Builds that copy files, each after some edit, once with recipes and once without.
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRandom, type Random } from '../chaos/random.ts'
import { makeBusyboxRoot } from '../support/busybox-root.ts'
import { copiedContext, copiedFiles } from '../support/e2e/copied-context.ts'
import { imageIn, knownBuilds } from '../support/e2e/known-builds.ts'
import { tsbuild as build, expectCode, runCommand } from '../support/e2e/rig.ts'

const work = mkdtempSync(join(tmpdir(), 'tsbuild-known-edits-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

const { root, watched, byNode } = knownBuilds(work)
const { context, at, put, makeContext, addMany } = copiedContext(join(work, 'context'))
const words = ['build', '-t', 'copied', context]

beforeAll(async () => {
  using busybox = makeBusyboxRoot()
  const archive = join(work, 'busybox.tar')
  expectCode(await runCommand('tar', ['-C', busybox.path, '--numeric-owner', '-cf', archive, '.']))
  expectCode(await build(['import', archive, 'busybox'], { root }))
})

type Edit = (random: Random) => unknown

const isFile = (path: string): boolean => lstatSync(at(path), { throwIfNoEntry: false })?.isFile() === true
const some = (random: Random): string => {
  const path = random.pick(copiedFiles)
  if (!isFile(path)) {
    rmSync(at(path), { recursive: true, force: true })
    mkdirSync(join(at(path), '..'), { recursive: true })
    put(path, `again ${random.below(9)}\n`)
  }
  return path
}

const edits: readonly [Edit, ...Edit[]] = [
  (random) => utimesSync(at(some(random)), random.below(9), random.below(9)),
  (random) => put(some(random), `${random.below(10)}${random.below(10)}\n`),
  (random) => {
    const path = some(random)
    const { atime, mtime } = lstatSync(at(path))
    put(path, readFileSync(at(path), 'utf8').replace(/./, String(random.below(10))))
    utimesSync(at(path), atime, mtime)
  },
  (random) => chmodSync(at(some(random)), random.pick([0o600, 0o644, 0o755])),
  (random) => unlinkSync(at(some(random))),
  (random) => {
    const [from, to] = [some(random), some(random)]
    if (from === to) return
    renameSync(at(from), at('out/between'))
    renameSync(at(to), at(from))
    renameSync(at('out/between'), at(to))
  },
  (random) => put(`new${random.below(3)}.log`, String(random.below(10))),
  (random) => put(`out/new${random.below(3)}`, String(random.below(10))),
  (random) => put(`src/new${random.below(3)}`, String(random.below(10))),
  (random) => mkdirSync(at(`empty/${random.below(3)}`), { recursive: true }),
  () => {
    rmSync(at('moved'), { recursive: true, force: true })
    renameSync(at('src'), at('moved'))
    mkdirSync(at('src/deep'), { recursive: true })
    put('src/f', 'src/f\n')
  },
  (random) => {
    const path = some(random)
    unlinkSync(at(path))
    symlinkSync(random.pick(copiedFiles.map((file) => join(context, file)) as [string]), at(path))
  },
  () => {
    const target = readlinkSync(at('link')) === 'src' ? 'empty' : 'src'
    unlinkSync(at('link'))
    symlinkSync(target, at('link'))
  },
  (random) =>
    put(
      '.dockerignore',
      random.pick([
        '*.log\nout\n',
        'src/deep\n',
        '*\n!src\n!*.txt\n',
        '*.md\nout/*\n',
        '*\n!**/*.txt\n!src/*\n',
        'src\nout\n!**/new*\n',
      ]),
    ),
  (random) => {
    const path = some(random)
    unlinkSync(at(path))
    mkdirSync(at(path))
    if (random.chance(0.5)) put(`${path}/new.txt`, 'new')
  },
]

const copied = [
  '. /app',
  'src /s',
  'src* *.txt /t/',
  'link /l',
  '--link a.txt /',
  '--exclude=*.md . /e',
] as const

test('whatever is edited, the helper says nothing that the program would not say', {
  timeout: 400_000,
}, async () => {
  const random = createRandom(20_260_101)
  let answered = 0
  for (let round = 0; round < 60; round++) {
    const copies = [random.pick(copied), random.pick(copied)].map((one) => `COPY ${one}\n`)
    if (round % 6 === 0) makeContext(`FROM busybox\n${copies.join('')}`)
    if (round % 12 === 0) addMany()
    // Known most often; a burst of edits with builds between them is the other case.
    for (let turn = random.below(4); turn > 0; turn--) await watched(words)
    if (random.chance(0.9)) random.pick(edits)(random)
    if (random.chance(0.3)) random.pick(edits)(random)
    const { node, ...said } = await watched(words)
    const expected = await byNode(words)
    expect(imageIn(said), `round ${round}`).toBe(imageIn(expected))
    if (!node) expect(said, `round ${round}`).toEqual(expected)
    if (!node) answered += 1
  }
  expect(answered).toBeGreaterThan(0)
})
