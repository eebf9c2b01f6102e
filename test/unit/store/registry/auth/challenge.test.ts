import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseChallenges } from '../../../../../src/store/registry/auth/challenge.ts'

it.each([
  ['Basic realm="x"', [['basic', { realm: 'x' }]]],
  [
    'Bearer realm="https://a/t",service="s",scope="repository:a/b:pull,push"',
    [['bearer', { realm: 'https://a/t', service: 's', scope: 'repository:a/b:pull,push' }]],
  ],
  ['Bearer Realm = "a\\"b" , service=plain', [['bearer', { realm: 'a"b', service: 'plain' }]]],
  [
    'Negotiate, Basic realm="a, b", Bearer realm=c',
    [
      ['negotiate', {}],
      ['basic', { realm: 'a, b' }],
      ['bearer', { realm: 'c' }],
    ],
  ],
  ['Bearer realm="a",realm="b"', [['bearer', { realm: 'a' }]]],
  [
    'Bearer realm="never closed',
    [
      ['bearer', {}],
      ['realm', {}],
    ],
  ],
  ['', []],
  ['="x"', []],
])('reads %j', (header, expected) => {
  expect(parseChallenges(header).map(({ scheme, parameters }) => [scheme, parameters])).toEqual(expected)
})

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
const value = fc.string({ unit: 'binary-ascii', maxLength: 20 }).filter((text) => !/[\r\n]/.test(text))

it('reads back whatever is quoted as the grammar has it', () => {
  fc.assert(
    fc.property(
      name,
      fc.dictionary(name, value, { minKeys: 1, noNullPrototype: true }),
      (scheme, parameters) => {
        const quoted = Object.entries(parameters).map(
          ([key, text]) => `${key}="${text.replaceAll(/["\\]/g, '\\$&')}"`,
        )
        expect(parseChallenges(`${scheme} ${quoted.join(', ')}`)).toEqual([{ scheme, parameters }])
      },
    ),
  )
})

it('ends with anything, and soon', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom('"', '\\', ',', '=', ' ', 'a', 'Bearer', '\t', 'é'),
        maxLength: 200,
      }),
      (header) => {
        expect(Array.isArray(parseChallenges(header))).toBe(true)
      },
    ),
  )
  for (const piece of ['"', '\\"', 'a=', 'a="', ',', ' a ', 'a="\\'])
    expect(Array.isArray(parseChallenges(piece.repeat(50_000)))).toBe(true)
})
