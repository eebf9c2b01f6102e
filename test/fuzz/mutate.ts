import type { Random } from '../chaos/random.ts'
import type { Target } from './types.ts'

/** Longer inputs find nothing that shorter ones do not, only later. */
const maxInput = 128 << 10

type Mutation = (input: Buffer, random: Random, other: Buffer, words: Target['words']) => Buffer

/** One to eight random changes of `input`; `other` is what it may be crossed with. */
export const mutate = (target: Target, input: Buffer, other: Buffer, random: Random): Buffer => {
  let result = input
  for (let left = 1 + random.below(random.chance(0.3) ? 8 : 2); left > 0; left--) {
    const own = random.chance(0.5) ? target.mutate?.(result, random) : undefined
    result = own ?? random.pick(mutations)(result, random, other, target.words)
  }
  const cut = result.subarray(0, maxInput)
  return target.mend && random.chance(0.9) ? target.mend(Buffer.from(cut)) : cut
}

const pieceOf = (input: Buffer, random: Random): readonly [from: number, to: number] => {
  const from = random.below(input.length + 1)
  const longest = random.chance(0.7) ? 16 : 1024
  return [from, Math.min(input.length, from + 1 + random.below(longest))]
}

const replaced = (input: Buffer, from: number, to: number, by: Uint8Array): Buffer =>
  Buffer.concat([input.subarray(0, from), by, input.subarray(to)])

const wordOf = (words: Target['words'], random: Random): Buffer => {
  const word = words[random.below(words.length)] ?? '0'
  return Buffer.isBuffer(word) ? word : Buffer.from(word)
}

const bytes: readonly [number, ...number[]] = [0, 1, 0x20, 0x22, 0x2e, 0x2f, 0x30, 0x7f, 0x80, 0xff]
const numbers: readonly [string, ...string[]] = [
  '0',
  '-1',
  '1',
  '8',
  '65536',
  '2147483648',
  '4294967295',
  '9007199254740993',
  '1e400',
  '00',
  '9'.repeat(30),
]

const mutations: readonly [Mutation, ...Mutation[]] = [
  function flip(input, random) {
    const result = Buffer.from(input)
    const at = random.below(input.length)
    if (result.length > 0) result[at] = (result[at] ?? 0) ^ (1 << random.below(8))
    return result
  },
  function setByte(input, random) {
    const at = random.below(input.length + 1)
    return replaced(input, at, at + 1, Buffer.of(random.pick(bytes)))
  },
  function removePiece(input, random) {
    return replaced(input, ...pieceOf(input, random), Buffer.alloc(0))
  },
  function repeatPiece(input, random) {
    const [from, to] = pieceOf(input, random)
    const piece = input.subarray(from, to)
    const times = random.chance(0.1) ? 4096 : 1 + random.below(4)
    return replaced(
      input,
      from,
      from,
      Buffer.concat(Array.from({ length: times }, () => piece)).subarray(0, maxInput),
    )
  },
  function insertWord(input, random, _, words) {
    const at = random.below(input.length + 1)
    return replaced(input, at, at, wordOf(words, random))
  },
  function overwriteWord(input, random, _, words) {
    const at = random.below(input.length + 1)
    const word = wordOf(words, random)
    return replaced(input, at, at + word.length, word)
  },
  function insertOther(input, random, other) {
    const at = random.below(input.length + 1)
    return replaced(input, at, at + random.below(2) * 64, other.subarray(...pieceOf(other, random)))
  },
  function cross(input, random, other) {
    return Buffer.concat([
      input.subarray(0, random.below(input.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ])
  },
  function cut(input, random) {
    return input.subarray(0, random.below(input.length + 1))
  },
  function changeNumber(input, random) {
    const found = [...input.toString('latin1').matchAll(/\d+/g)]
    const one = found[random.below(found.length)]
    if (!one) return input
    return replaced(input, one.index, one.index + one[0].length, Buffer.from(random.pick(numbers)))
  },
]
