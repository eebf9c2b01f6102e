import { execFileSync, spawn } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDirectoryContext } from '../../../../src/build/context/index.ts'
import { loadStatCache } from '../../../../src/build/context/load-stat-cache.ts'
import { type ComparedAhead, comparedAhead, nativeBinary } from '../../../../src/foundation/native/index.ts'
import { digestOf, hexOf } from '../../../../src/foundation/oci/index.ts'

/** Stands for the program that `again` becomes: says where the answer is to be read, and what it is. */
const program = `
const fs = require('node:fs')
const place = process.env.TSBUILD_AHEAD
const answer = place === undefined ? '' : fs.readFileSync(Number(place.split(':')[0])).toString('base64')
process.stdout.write(JSON.stringify({ place, answer, words: process.argv.slice(2) }))
`

let work = ''
let store = ''
let context = ''
const script = (): string => join(work, 'program.cjs')
const stateOf = (directory: string): string => join(store, 'context', hexOf(digestOf(directory)).slice(0, 32))

beforeEach(async () => {
  work = realpathSync(mkdtempSync(join(tmpdir(), 'tsbuild-ahead-')))
  store = join(work, 'store')
  context = join(work, 'context')
  mkdirSync(join(store, 'context'), { recursive: true, mode: 0o700 })
  writeFileSync(script(), program)
  fill(context, 21)
  await new Promise((resolve) => setTimeout(resolve, 80))
})
afterEach(() => rmSync(work, { recursive: true, force: true }))

const fill = (directory: string, subdirectories: number): void => {
  for (let d = 0; d < subdirectories; d++) {
    mkdirSync(join(directory, `m${d}`), { recursive: true })
    for (let f = 0; f < 100; f++) writeFileSync(join(directory, `m${d}/${f}`), `${d} ${f}`)
  }
}

const remember = (directory: string, stateFile = stateOf(directory)): void => {
  const opened = openDirectoryContext({ directory, stateFile })
  opened.treeDigest('')
  opened.save()
}

interface Said {
  readonly place?: string
  readonly answer: string
  readonly words: readonly string[]
}

const again = (words: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = work): Said =>
  JSON.parse(
    execFileSync(nativeBinary(), ['again', process.execPath, '--', script(), ...words], {
      cwd,
      env: { ...process.env, TSBUILD_ROOT: store, TSBUILD_RECIPES: '', NODE_OPTIONS: '', ...env },
      encoding: 'utf8',
    }),
  )

interface Received {
  readonly tamper?: (bytes: Buffer) => Buffer
  readonly age?: () => number
}

/** What the program makes of an answer that comes through a pipe. */
const receiver = (
  { answer }: Said,
  { tamper = (bytes) => bytes, age = () => 0 }: Received = {},
): (() => ComparedAhead | undefined) => {
  const [pipe, file] = [join(work, 'pipe'), join(work, 'answer')]
  rmSync(pipe, { force: true })
  execFileSync('mkfifo', [pipe])
  writeFileSync(file, tamper(Buffer.from(answer, 'base64')))
  spawn('sh', ['-c', 'cat "$0" > "$1"', file, pipe], { stdio: 'ignore' })
  const fd = openSync(pipe, 'r')
  return comparedAhead(`${fd}:${statSync(pipe).ino}`, age)
}

const received = (said: Said, how?: Received): ComparedAhead | undefined => receiver(said, how)()

const changedIn = (said: Said, directory = context): readonly string[] | undefined => {
  const cache = loadStatCache(stateOf(directory))
  const compared = received(said)
  if (compared === undefined) return undefined
  expect(compared).toMatchObject({
    root: realpathSync(directory),
    stateFile: stateOf(directory),
    seal: cache.seal,
  })
  const paths = [...cache.directories()]
  expect(compared.changed.compared).toBe(paths.length)
  return paths.filter((path) => compared.changed.numbers.has(cache.summary(path)?.number ?? -1))
}

describe('a context that is compared before the program starts', () => {
  it('is told by the last word', () => {
    remember(context)
    writeFileSync(join(context, 'm3/7'), 'other')
    const spelled: readonly (readonly [string, string])[] = [
      [context, work],
      [`${context}/`, work],
      ['context', work],
      ['./context/', work],
      ['.', context],
      ['./', context],
    ]
    for (const [word, cwd] of spelled) {
      const said = again(['build', '-t', 'x', word], {}, cwd)
      expect(said.words, word).toEqual(['build', '-t', 'x', word])
      expect(changedIn(said), word).toEqual(['m3'])
    }
  })

  it('is named as the user names it, and compared where it is', () => {
    const link = join(work, 'link')
    symlinkSync(context, link)
    remember(link)
    expect(changedIn(again(['-t', 'x', link]), link)).toEqual([])
  })

  it('is no other than that, one that was seen before, and one with many names', () => {
    expect(again(['-t', 'x', context]).place).toBeUndefined()
    remember(context)
    for (const word of [
      `${work}/context/../context`,
      `${work}//context`,
      'context/.',
      '../context',
      '-',
      'none',
      '',
    ])
      expect(again(['-t', 'x', word]).place, word).toBeUndefined()
    expect(again([context, '--no-cache']).place).toBeUndefined()
    expect(
      again(['-t', 'x', context], { TSBUILD_RECIPES: 'off', TSBUILD_AHEAD: '3:4' }).place,
    ).toBeUndefined()
    const few = join(work, 'few')
    fill(few, 2)
    remember(few)
    expect(again(['-t', 'x', few]).place).toBeUndefined()
  })
})

describe('an answer', () => {
  it('that is cut off, or not there, is none', () => {
    remember(context)
    const said = again(['-t', 'x', context])
    expect(received(said)).toBeDefined()
    const { length } = Buffer.from(said.answer, 'base64')
    for (const size of [0, 1, 20, length - 8, length - 1])
      expect(received(said, { tamper: (bytes) => bytes.subarray(0, size) }), `${size}`).toBeUndefined()
  })

  it('is not taken by a step that comes late', () => {
    remember(context)
    const said = again(['-t', 'x', context])
    expect(received(said, { age: () => 900 })).toBeDefined()
    expect(received(said, { age: () => 1100 })).toBeUndefined()
  })

  it('is not taken by a step that comes late when an earlier one has taken it', () => {
    remember(context)
    let age = 300
    const compared = receiver(again(['-t', 'x', context]), { age: () => age })
    const first = compared()
    expect(first).toBeDefined()
    age = 900
    expect(compared()).toBe(first)
    age = 1100
    expect(compared()).toBeUndefined()
  })

  it('is taken from a pipe with the right number only', () => {
    const fd = openSync(script(), 'r')
    const { ino } = statSync(script())
    for (const place of [undefined, '', '1', `${fd}:${ino}`, '4000:1', 'a:b'])
      expect(comparedAhead(place)(), place).toBeUndefined()
  })
})
