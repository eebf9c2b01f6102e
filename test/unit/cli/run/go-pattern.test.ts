import { expect, test } from 'vitest'
import { goPattern } from '../../../../src/cli/run/go-pattern.ts'

test.each([
  ['^web', 'web1', true],
  ['(?i)^WEB', 'web1', true],
  ['(?is)a.b', 'A\nB', true],
  ['(?P<name>b)$', 'web', true],
  ['\\Aweb\\z', 'web', true],
  ['\\Aweb\\z', 'web1', false],
])('%s and %s: %s', (pattern, text, matches) => {
  expect(goPattern(pattern).test(text)).toBe(matches)
})

test('what is no pattern', () => {
  expect(() => goPattern('(')).toThrow(SyntaxError)
})
