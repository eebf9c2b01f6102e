import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type BuildContext, openDirectoryContext } from '../../../../src/build/context/index.ts'
import { loadStatCache } from '../../../../src/build/context/load-stat-cache.ts'

let work = ''
let root = ''
const stateFile = (name = 'state'): string => join(work, name)
const open = (name?: string): BuildContext =>
  openDirectoryContext({ directory: root, stateFile: stateFile(name) })

beforeEach(async () => {
  work = mkdtempSync(join(tmpdir(), 'tsbuild-ahead-'))
  root = join(work, 'context')
  for (const directory of ['a', 'b']) {
    mkdirSync(join(root, directory), { recursive: true })
    for (let i = 0; i < 3; i++) writeFileSync(join(root, directory, `${i}`), `${directory} ${i}`)
  }
  await new Promise((resolve) => setTimeout(resolve, 80))
})
afterEach(() => rmSync(work, { recursive: true, force: true }))

/** As a build does that copies `a`. */
const look = (context: BuildContext, path = 'a'): void => void context.treeDigest(path)
const places = new Map([['a', { start: 512, end: 4096 }]])
const layersOf = (name?: string): unknown => JSON.parse(readFileSync(`${stateFile(name)}.layers`, 'utf8'))
const inode = (): number => statSync(stateFile()).ino

it('leaves the same as what is saved at the end, and no more to do then', () => {
  const late = open('late')
  look(late)
  late.layersMade?.remember('key', 'layer', places)
  late.save()
  const early = open()
  look(early)
  early.saveAhead()
  expect(readFileSync(stateFile()).equals(readFileSync(stateFile('late')))).toBe(true)
  const written = inode()
  early.layersMade?.remember('key', 'layer', places)
  early.save()
  expect(inode()).toBe(written)
  expect(layersOf()).toEqual(layersOf('late'))
  expect(layersOf()).toMatchObject([{ layer: 'layer', seal: loadStatCache(stateFile()).seal }])
})

it('is done again when more is known at the end', () => {
  const context = open()
  look(context)
  context.saveAhead()
  look(context, 'b')
  context.save()
  expect([...loadStatCache(stateFile()).directories()].toSorted()).toEqual(['', 'a', 'b'])
  const { names } = loadStatCache(stateFile()).directory('b') ?? {}
  expect(names?.count).toBe(3)
})

it('waits for files that are being read', () => {
  const context = open()
  const file = context.lookup('a/0')
  if (file === undefined) throw new Error('there is no file')
  look(context, 'b')
  const witness = context.witness(file)
  context.saveAhead()
  expect(() => inode()).toThrow('ENOENT')
  witness.read('ab'.repeat(32))
  context.save()
  expect(inode()).toBeGreaterThan(0)
})

it('is left alone where nothing is new', () => {
  const context = open()
  look(context)
  context.save()
  const before = inode()
  const again = open()
  look(again)
  again.saveAhead()
  again.save()
  expect(inode()).toBe(before)
})
