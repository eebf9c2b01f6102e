import { expect, it } from 'vitest'
import type { ContentWitness } from '../../../../src/foundation/filetree/index.ts'
import { createExpectedDigests } from '../../../../src/store/layer/expected-digests.ts'

const index = { digest: () => undefined }

/** Witnesses of one directory; each tells which file it is of. */
const directory = (name: string): ((file: number) => ContentWitness) => {
  const of = (file: number): ContentWitness => ({
    read: () => undefined,
    refused: () => new Error(`${name}/${file}`),
    again: { of, file },
  })
  return of
}

const whose = (witness: ContentWitness | undefined): string | undefined =>
  witness?.refused({ kind: 'not-a-file' }).message

it('gives back what was asked, in order', () => {
  const expected = createExpectedDigests()
  const said: (string | undefined)[] = []
  const wanted: string[] = []
  for (let i = 0; i < 5000; i++) {
    const name = `d${Math.floor(i / 7)}`
    expected.add({ index, place: 3 * i, path: `${name}/${i}`, witness: directory(name)(i) }, i)
    wanted.push(`${3 * i} ${name}/${i}`)
    // Now and then some are answered, and never all.
    if (i % 3 !== 0) continue
    const asked = expected.take()
    said.push(`${asked?.place} ${whose(asked?.witness)}`)
  }
  for (let asked = expected.take(); asked; asked = expected.take())
    said.push(`${asked.place} ${whose(asked.witness)}`)
  expect(said).toEqual(wanted)
})

it('keeps those whose witness cannot be made again, and those that have none', () => {
  const expected = createExpectedDigests()
  const witness: ContentWitness = { read: () => undefined, refused: () => new Error('mine') }
  const asked = [
    { index, place: 1, path: 'a', witness },
    { index, place: 2, path: 'b', witness: undefined },
    { index, place: 4, path: 'd/c', witness: directory('d')(9) },
    { index, place: 8, path: 'e', witness: undefined },
  ]
  for (const [i, one] of asked.entries()) expected.add(one, i)
  expect(expected.take()).toBe(asked[0])
  expect(expected.take()).toBe(asked[1])
  expect(whose(expected.take()?.witness)).toBe('d/9')
  expect(expected.take()).toBe(asked[3])
  expect(expected.take()).toBeUndefined()
})

it('tells any of those that are waited for, by its number among all', () => {
  const expected = createExpectedDigests()
  const of = directory('d')
  for (let i = 0; i < 3000; i++) expected.add({ index, place: i, path: '', witness: of(i) }, 2 * i)
  for (let i = 0; i < 2000; i++) expected.take()
  expect(expected.peek(1999)).toBeUndefined()
  expect(expected.peek(3000)).toBeUndefined()
  const found = expected.peek(2500)
  expect([found?.size, found?.asked.place, whose(found?.asked.witness)]).toEqual([5000, 2500, 'd/2500'])
})
