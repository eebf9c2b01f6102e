import { expect, it } from 'vitest'
import { cacheKeyOf, type KeyComponent } from '../../../../src/build/solver/index.ts'

const key = (...pairs: [string, string][]) =>
  cacheKeyOf(pairs.map(([name, value]): KeyComponent => ({ name, value })))

it('does not depend on the order of components', () => {
  expect(key(['a', '1'], ['b', '2'])).toBe(key(['b', '2'], ['a', '1']))
})

it.each([
  [[['a', '1']], [['a', '2']]],
  [[['a', '1']], [['b', '1']]],
  [[['ab', 'c']], [['a', 'bc']]],
  [
    [['a', '1:b']],
    [
      ['a', '1'],
      ['', 'b'],
    ],
  ],
  [
    [['a', '1-2']],
    [
      ['a', '1'],
      ['a', '2'],
    ],
  ],
  [[['a', '']], []],
  [
    [
      ['a', '1'],
      ['a', '1'],
    ],
    [['a', '1']],
  ],
] as [string, string][][][])('tells %j from %j', (left, right) => {
  expect(key(...(left as [string, string][]))).not.toBe(key(...(right as [string, string][])))
})
