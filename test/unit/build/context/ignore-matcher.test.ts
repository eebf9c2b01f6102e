import ignore from 'ignore'
import { describe, expect, it } from 'vitest'
import { createIgnoreMatcher } from '../../../../src/build/context/ignore-matcher.ts'
import { parseIgnoreFile } from '../../../../src/build/context/ignore-rules.ts'
import { badPatterns, ignoreCases } from '../../../support/ignore-cases.ts'

const isIgnored = (text: string, path: string): boolean => {
  const { rules, diagnostics } = parseIgnoreFile({ file: '.dockerignore', text })
  expect(diagnostics).toEqual([])
  const matcher = createIgnoreMatcher(rules)
  let state = matcher.root
  const parts = path.split('/')
  for (let i = 1; i <= parts.length; i++) state = matcher.enter(parts.slice(0, i).join('/'), state)
  return state.ignored
}

describe('what docker leaves out of a context', () => {
  for (const { rule, text, ignored, kept } of ignoreCases) {
    it(rule, () => {
      for (const path of ignored) expect([path, isIgnored(text, path)]).toEqual([path, true])
      for (const path of kept) expect([path, isIgnored(text, path)]).toEqual([path, false])
    })
  }
})

describe('bad patterns', () => {
  for (const pattern of badPatterns) {
    it(`refuses ${pattern}`, () => {
      const { diagnostics } = parseIgnoreFile({ file: '.dockerignore', text: `ok\n${pattern}` })
      expect(diagnostics).toMatchObject([
        { code: 'bad-ignore-pattern', file: '.dockerignore', range: { start: { line: 2 } } },
      ])
    })
  }
})

it('takes linear time for patterns that make backtracking explode', () => {
  const text = `${'**/a*'.repeat(12)}z`
  expect(isIgnored(text, `${'a/'.repeat(200)}a`)).toBe(false)
  expect(isIgnored(`${'*a'.repeat(30)}z`, 'a'.repeat(2000))).toBe(false)
})

it('knows where an exception may bring something back', () => {
  const { rules } = parseIgnoreFile({ file: 'x', text: '*\n!d/e/keep\n!*/x*' })
  const matcher = createIgnoreMatcher(rules)
  const ask = (path: string): boolean => matcher.mayReturnBelow(path, matcher.enter(path, matcher.root))
  expect([ask('d'), ask('node_modules')]).toEqual([true, true])
  const only = createIgnoreMatcher(parseIgnoreFile({ file: 'x', text: '*\n!d/e/keep' }).rules)
  expect(only.mayReturnBelow('node_modules', only.enter('node_modules', only.root))).toBe(false)
})

/** Why docker's rules have a matcher of their own. */
describe("where the npm package `ignore`, which has git's rules, decides otherwise", () => {
  it.each([
    ['a pattern without a slash is anchored at the root', 'file', 'dir/file', false],
    ['a file below an ignored directory can come back', 'dir\n!dir/keep', 'dir/keep', false],
    ['a trailing slash matches files too', 'name/', 'name', true],
  ])('%s', (_, text, path, ignored) => {
    expect(isIgnored(text, path)).toBe(ignored)
    expect(ignore().add(text).ignores(path)).toBe(!ignored)
  })
})
