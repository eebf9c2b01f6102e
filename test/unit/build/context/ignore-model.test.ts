import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createIgnoreMatcher } from '../../../../src/build/context/ignore-matcher.ts'
import { parseIgnoreFile } from '../../../../src/build/context/ignore-rules.ts'
import { isLeftOut } from '../../../support/ignore-model.ts'

const segment = fc.stringMatching(/^(?:[ab.]|\*|\?|\[ab\]|\[\^a\]|\\a){1,4}$/)
const pattern = fc
  .tuple(
    fc.constantFrom('', '!', '/', '!/', './', '! '),
    fc.array(fc.oneof(segment, fc.constantFrom('**', 'a', 'b', '..', '')), { minLength: 1, maxLength: 4 }),
  )
  .map(([sign, segments]) => sign + segments.join('/'))
const path = fc
  .array(fc.stringMatching(/^[ab]{1,3}$/), { minLength: 1, maxLength: 4 })
  .map((segments) => segments.join('/'))

const ours = (lines: readonly string[], at: string): boolean | undefined => {
  const { rules, diagnostics } = parseIgnoreFile({ file: '.dockerignore', text: lines.join('\n') })
  if (diagnostics.length > 0) return undefined
  const matcher = createIgnoreMatcher(rules)
  let state = matcher.root
  for (const prefix of prefixes(at)) state = matcher.enter(prefix, state)
  return state.ignored
}

const prefixes = (at: string): readonly string[] =>
  at.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'))

describe('the matcher and the rules as they are defined', () => {
  it('agree on small files', () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 6 }), path, (lines, at) => {
        const found = ours(lines, at)
        fc.pre(found !== undefined)
        expect(found).toBe(isLeftOut(lines, at))
      }),
      { numRuns: 3000 },
    )
  })

  it('agree on files with so many lines that an index is asked', () => {
    const others = Array.from({ length: 70 }, (_, n) => `other${n}/*.x`)
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 8 }), path, (lines, at) => {
        const found = ours([...others, ...lines], at)
        fc.pre(found !== undefined)
        expect(found).toBe(isLeftOut(lines, at))
      }),
      { numRuns: 1000 },
    )
  })

  it('never miss that an exception brings something back', () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 5 }), path, (lines, at) => {
        const { rules, diagnostics } = parseIgnoreFile({ file: 'x', text: lines.join('\n') })
        fc.pre(diagnostics.length === 0)
        const matcher = createIgnoreMatcher(rules)
        let state = matcher.root
        const states = prefixes(at).map((prefix) => {
          state = matcher.enter(prefix, state)
          return { prefix, state }
        })
        if (state.ignored) return
        for (const above of states.slice(0, -1)) {
          if (above.state.ignored) expect(matcher.mayReturnBelow(above.prefix, above.state)).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
