import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type BuildContext, openDirectoryContext } from '../../../../src/build/context/index.ts'
import { lookAhead } from '../../../../src/build/context/look-ahead.ts'
import { type PackedNames, recordsOf } from '../../../../src/build/context/packed-names.ts'
import { recordName } from '../../../../src/build/context/stat-records.ts'
import { plainNode } from '../../../support/context-nodes.ts'

/** As many directories as the helper is asked about. */
const many = 230

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-ahead-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const bytes = (...parts: readonly (string | number)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part))))

/** All that a context can hold, in each of many directories. */
const fill = (): void => {
  for (let i = 0; i < many; i++) {
    const directory = join(root, `d${i}`)
    mkdirSync(join(directory, 'below'), { recursive: true, mode: 0o751 })
    writeFileSync(join(directory, 'file'), `text ${i}`)
    writeFileSync(join(directory, 'skipped.log'), '')
    writeFileSync(join(directory, 'below', 'kept'), 'k')
  }
  const odd = join(root, 'd7')
  for (const name of ['\u{1f600}', '\uffee', 'ä', 'Z', '-']) writeFileSync(bytes(`${odd}/`, name), name)
  writeFileSync(bytes(`${odd}/`, 'bad', 0xff), 'not UTF-8')
  symlinkSync(bytes('../x', 0xfe), join(odd, 'link'))
  linkSync(join(odd, 'file'), join(odd, 'other-name'))
  chmodSync(join(odd, 'Z'), 0o4755)
  for (const [name, ...kind] of [
    ['fifo', 'p'],
    ['char', 'c', '4095', '70000'],
    ['block', 'b', '8', '1'],
  ])
    execFileSync('mknod', [join(odd, name ?? ''), ...kind])
}

const open = (text: string): BuildContext =>
  openDirectoryContext({ directory: root, ignore: { file: '.dockerignore', text } })

const everything = (context: BuildContext): readonly unknown[] => [...context.walk('')].map(plainNode)

it.each(['', '**/*.log\n!d9/skipped.log\nd3\nd5\n!d5/below/kept\n'])(
  'says of a tree what listing each directory says (rules %j)',
  (rules) => {
    fill()
    const ahead = open(rules)
    const top = ahead.lookup('')
    const count = top && ahead.countFiles(top)
    const plain = open(rules)
    const found = everything(plain)
    expect(everything(ahead)).toEqual(found)
    expect(found.length).toBeGreaterThan(3 * many)
    expect(count?.files).toBe([...plain.walk('')].filter(({ type }) => type === 'file').length)
    expect(ahead.treeDigest('')).toBe(plain.treeDigest(''))
  },
)

const namesOf = (seen: PackedNames | undefined): readonly string[] =>
  seen === undefined ? [] : [...recordsOf(seen)].map((at) => recordName(seen.bytes, at))

const nowhere = (): undefined => undefined

it('says the same where the answer goes to the disk', () => {
  fill()
  const names = Array.from({ length: 3 * many }, (_, i) => (i % 50 === 7 ? 'gone' : `d${i % many}`))
  const said = (room: () => string | undefined): readonly string[] =>
    [...lookAhead(root, names, room)].length === names.length
      ? Array.from(lookAhead(root, names, room), ([name, seen]) => `${name} ${seen?.bytes.toString('hex')}`)
      : []
  expect(said(tmpdir)).toEqual(said(nowhere))
  expect(said(tmpdir)).toHaveLength(names.length)
})

it('leaves alone what cannot be looked at', () => {
  fill()
  writeFileSync(join(root, 'file'), '')
  symlinkSync('d1', join(root, 'link'))
  const names = ['', 'gone', 'file', 'link', ...Array.from({ length: many }, (_, i) => `d${i}`)]
  const seen = new Map(lookAhead(root, names, nowhere))
  expect([...seen.keys()]).toEqual(names)
  for (const name of ['gone', 'file', 'link']) expect(seen.get(name), name).toBeUndefined()
  expect(namesOf(seen.get(''))).toEqual(
    [...Array.from({ length: many }, (_, i) => `d${i}`), 'file', 'link'].sort(),
  )
  expect(namesOf(seen.get('d1'))).toEqual(['below', 'file', 'skipped.log'])
})

it('asks nobody about few directories', () => {
  fill()
  expect([...lookAhead(root, ['d1', 'd2'], nowhere)]).toEqual([
    ['d1', undefined],
    ['d2', undefined],
  ])
})
