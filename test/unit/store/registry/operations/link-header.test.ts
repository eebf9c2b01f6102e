import fc from 'fast-check'
import { expect, it } from 'vitest'
import { nextLink } from '../../../../../src/store/registry/operations/link-header.ts'

it.each([
  ['</v2/a/tags/list?n=1&last=x>; rel="next"', '/v2/a/tags/list?n=1&last=x'],
  ['<a>; rel=next', 'a'],
  ['<a>; title="x, y"; rel="prev", <b>; rel="first NEXT"', 'b'],
  ['<a>; rel="nextest"', undefined],
  ['<a>', undefined],
  ['', undefined],
  [undefined, undefined],
])('finds the next page in %j', (header, expected) => {
  expect(nextLink(header)).toBe(expected)
})

it('ends with anything, and soon', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('<', '>', ';', '"', ',', 'rel=next', ' ', 'a'), maxLength: 200 }),
      (header) => {
        const found = nextLink(header)
        expect(found === undefined || typeof found === 'string').toBe(true)
      },
    ),
  )
  for (const piece of ['<', '<>', '<a>;"', '<a>; rel=', ';;', '<a>;;'])
    expect(nextLink(piece.repeat(20_000))).toBeUndefined()
})
