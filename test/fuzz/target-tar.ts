import type { IndexEntry } from '../../src/store/layer/index.ts'
import { decodeIndex, encodeIndex, indexChunks } from '../../src/store/layer/index.ts'
import { mendTar, tarSeeds, tarWords } from './tar-bytes.ts'
import { must, type Target } from './types.ts'

/** The reader of layers. What it accepts has the same index however the bytes come, clean paths, and an index file that says the same. */
export const tarTarget: Target = {
  name: 'tar',
  seeds: tarSeeds,
  words: tarWords,
  mend: mendTar,
  read: async (input) => {
    const whole = await indexOf(input, input.length)
    if (input.length < 8192)
      must(same(whole, await indexOf(input, 97)), 'pieces make another index than the whole')
    for (const entry of whole) checkEntry(entry, input.length)
    must(same(whole, [...decodeIndex(encodeIndex(whole)).entries()]), 'the index file says something else')
    return ['ok', ...new Set(whole.map(labelOf))]
  },
}

const indexOf = async (input: Buffer, step: number): Promise<readonly IndexEntry[]> =>
  (await indexChunks(pieces(input, step))).index

async function* pieces(input: Buffer, step: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < input.length; at += step) yield Buffer.from(input.subarray(at, at + step))
}

const same = (a: readonly IndexEntry[], b: readonly IndexEntry[]): boolean => text(a) === text(b)

/** One line per entry, whatever the order in which its members were set. */
const text = (entries: readonly IndexEntry[]): string =>
  entries.map((entry) => JSON.stringify(Object.entries(entry).sort(), plainMap)).join('\n')

const plainMap = (_: string, value: unknown): unknown => (value instanceof Map ? [...value] : value)

const checkEntry = (entry: IndexEntry, size: number): void => {
  const parts = entry.path.split('/')
  must(
    entry.path === '' || parts.every((part) => part !== '' && part !== '.' && part !== '..'),
    'a path climbs',
  )
  must(
    parts.every((part) => !part.startsWith('.wh.')),
    'a whiteout is left as a name',
  )
  if (entry.kind !== 'add') return
  must(
    entry.xattrs === undefined || [...entry.xattrs.keys()].every((key) => !/overlay\./.test(key)),
    'overlay attribute',
  )
  if (entry.offset !== undefined) must(entry.offset + entry.size <= size, 'content lies behind the end')
}

const labelOf = (entry: IndexEntry): string =>
  entry.kind === 'whiteout'
    ? 'whiteout'
    : [
        entry.type,
        entry.opaque && 'opaque',
        entry.implied && 'implied',
        entry.hardlink !== undefined && 'hardlink',
        entry.xattrs && 'xattrs',
        entry.path === '' && 'root',
      ]
        .filter(Boolean)
        .join(' ')
