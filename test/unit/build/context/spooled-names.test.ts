import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import {
  type PackedNames,
  packedNames,
  packNames,
  recordsOf,
  setDigest,
} from '../../../../src/build/context/packed-names.ts'
import { createNamesKeeper } from '../../../../src/build/context/spooled-names.ts'
import { recordDigest, recordName } from '../../../../src/build/context/stat-records.ts'

const node = (name: string, size: number) => ({
  name,
  digest: undefined,
  size,
  mtimeMs: 1,
  ctimeMs: 2,
  ino: 3,
  dev: 4,
  mode: 0o100644,
  linked: false,
  rest: '',
})

/** Names of one directory: about 100 bytes for each file. */
const directory = (number: number, files: number): PackedNames =>
  packNames(Array.from({ length: files }, (_, i) => node(`${number}-${i}`, number)))

const contentOf = (names: PackedNames): readonly string[] =>
  [...recordsOf(names)].map(
    (at) => `${recordName(names.bytes, at)} ${recordDigest(names.bytes, at)?.slice(0, 8)}`,
  )

const digest = (number: number): string => number.toString(16).padStart(8, '0').repeat(8)

it('gives names back from the disk, with digests that were put into them since', () => {
  const keeper = createNamesKeeper(tmpdir, 2)
  const kept = Array.from({ length: 300 }, (_, i) => keeper.keep(directory(i, i === 150 ? 9000 : 90)))
  // From both ends, so that what was looked at last is never what comes next.
  for (let i = 0; i < 150; i++)
    for (const number of [i, 299 - i]) {
      const names = kept[number]
      const [first = 0] = names ? recordsOf(names) : []
      if (names) setDigest(names, first, digest(number))
    }
  const wanted = (number: number): readonly string[] =>
    Array.from({ length: number === 150 ? 9000 : 90 }, (_, i) =>
      i === 0 ? `${number}-0 ${digest(number).slice(0, 8)}` : `${number}-${i} undefined`,
    )
  for (const [number, names] of kept.entries()) expect(contentOf(names), `${number}`).toEqual(wanted(number))
})

it('has no more in memory than it was told, however many there are', () => {
  const keeper = createNamesKeeper(tmpdir, 3)
  const kept = Array.from({ length: 1000 }, (_, i) => keeper.keep(directory(i, 100)))
  const all = kept.reduce((sum, names) => sum + names.bytes.length, 0)
  expect(all).toBeGreaterThan(9e6)
  expect(keeper.held()).toBeLessThanOrEqual(3 * (256 << 10))
})

it('keeps all in memory where there is no room on the disk', () => {
  const keeper = createNamesKeeper(() => undefined, 2)
  const kept = Array.from({ length: 300 }, (_, i) => keeper.keep(directory(i, 90)))
  for (const [number, names] of kept.entries())
    expect(contentOf(names).at(-1), `${number}`).toBe(`${number}-89 undefined`)
})

it('goes on where names of other directories are asked for in between', () => {
  const keeper = createNamesKeeper(tmpdir, 1)
  const [one, ...others] = Array.from({ length: 40 }, (_, i) => keeper.keep(directory(i, 90)))
  const found: string[] = []
  for (const at of one ? recordsOf(one) : []) {
    for (const other of others) expect(other.bytes.length).toBeGreaterThan(0)
    if (one) found.push(recordName(one.bytes, at))
  }
  expect(found).toEqual(Array.from({ length: 90 }, (_, i) => `0-${i}`))
})

it('takes more names into what came back from the disk', () => {
  const keeper = createNamesKeeper(tmpdir, 2)
  const kept: PackedNames[] = []
  for (let i = 0; i < 300; i++) {
    kept.push(keeper.keep(directory(i, 90)))
    // All that were kept before, as who goes down a tree level by level: the last is in memory again then, and the next beside it.
    if (i % 7 === 0) for (const names of kept) expect(names.bytes.length).toBeGreaterThan(0)
  }
  for (const [number, names] of kept.entries())
    expect(contentOf(names), `${number}`).toEqual(
      Array.from({ length: 90 }, (_, i) => `${number}-${i} undefined`),
    )
})

it('keeps nothing of what empty directories were a part of', () => {
  const answer = Buffer.alloc(1 << 20)
  const kept = createNamesKeeper(tmpdir).keep(packedNames(answer.subarray(0, 0), 0))
  expect(kept.bytes.buffer.byteLength).toBe(0)
})
