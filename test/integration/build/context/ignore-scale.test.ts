import { expect, it } from 'vitest'
import { createIgnoreMatcher } from '../../../../src/build/context/ignore-matcher.ts'
import { parseIgnoreFile } from '../../../../src/build/context/ignore-rules.ts'

const lines = 100_000
const filesPerDirectory = 100

/** How many files of `src/dir0`, `src/dir1`, ... 100,000 lines leave out, asked as a walk over the context asks. */
const countIgnored = (text: string, directories: number): number => {
  const { rules, diagnostics } = parseIgnoreFile({ file: '.dockerignore', text })
  expect(diagnostics).toEqual([])
  const matcher = createIgnoreMatcher(rules)
  let ignored = 0
  for (let d = 0; d < directories; d++) {
    const state = matcher.enter(`src/dir${d}`, matcher.enter('src', matcher.root))
    if (state.ignored && !matcher.mayReturnBelow(`src/dir${d}`, state)) {
      ignored += filesPerDirectory
      continue
    }
    for (let f = 0; f < filesPerDirectory; f++) {
      if (matcher.ignoredBy(`src/dir${d}/file${f}.txt`, state)) ignored++
    }
  }
  return ignored
}

const text = (line: (n: number) => string): string =>
  Array.from({ length: lines }, (_, n) => line(n)).join('\n')

it.each([
  ['exact names', 1000, (n: number) => `src/dir${n % 2000}/file${Math.floor(n / 2000)}.txt`, 50_000],
  ['names anywhere', 100, (n: number) => `**/file${n + 50}.txt`, 5000],
  ['stars with plain text inside', 100, (n: number) => `*/d*r${n}/**/*.txt`, 10_000],
  ['exceptions with wildcards', 100, (n: number) => (n === 0 ? '*' : `!src/dir${n}/*7.txt`), 9010],
])(
  'a hundred thousand lines, which would take minutes if each met each file: %s',
  { timeout: 60_000 },
  (_, directories, line, expected) => {
    expect(countIgnored(text(line), directories)).toBe(expected)
  },
)

it('gives up on lines that were made to take forever', { timeout: 60_000 }, () => {
  const bomb = text((n) => `*i*${'?'.repeat(n % 50)}*t${'*'.repeat(1 + (n % 7))}x`)
  expect(() => countIgnored(bomb, 1000)).toThrow(expect.objectContaining({ code: 'ignore-too-costly' }))
})

it('takes patterns that make backtracking explode as any other', () => {
  const lines = [
    '**/a*a*a*a*a*a*a*b',
    `${'**/'.repeat(50)}x`,
    `${'*'.repeat(100_000)}b`,
    `${'a*'.repeat(500)}b`,
  ]
  const { rules } = parseIgnoreFile({ file: 'x', text: lines.join('\n') })
  const matcher = createIgnoreMatcher(rules)
  for (let n = 0; n < 20; n++) {
    expect(matcher.ignoredBy(`${'a/'.repeat(50)}${'a'.repeat(200)}${n}`, matcher.root)).toBe(undefined)
  }
})
