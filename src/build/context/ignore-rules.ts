import { createHash } from 'node:crypto'
import type { Diagnostic } from '../../foundation/errors/index.ts'
import { cleanPath } from './clean-path.ts'
import { compileWildcard, type Wildcard } from './wildcard.ts'

/** Text of a .dockerignore file; `file` is its name as the user would type it. */
export interface IgnoreFile {
  readonly file: string
  readonly text: string
}

/** One line of an ignore file. */
export interface IgnoreRule {
  readonly wildcard: Wildcard
  /** `!`: takes matching paths back in. */
  readonly exception: boolean
  /** 1-based. */
  readonly line: number
  /** As written, trimmed. */
  readonly pattern: string
}

/** More lines than any project has. */
const maxRules = 200_000

/**
 * Reads an ignore file by docker's rules: a BOM is dropped, `#` is a comment only in column 0, blanks around a pattern go,
 * `!` may be followed by blanks, paths are cleaned, a leading slash goes. Bad lines become diagnostics.
 */
export const parseIgnoreFile = (
  source: IgnoreFile,
): { readonly rules: readonly IgnoreRule[]; readonly diagnostics: readonly Diagnostic[] } => {
  const rules: IgnoreRule[] = []
  const diagnostics: Diagnostic[] = []
  const lines = source.text.replace(/^\uFEFF/, '').split('\n')
  lines.forEach((text, index) => {
    if (text.startsWith('#') || text.trim() === '') return
    const rule = parseLine(text.trim(), index + 1)
    if (typeof rule === 'string') diagnostics.push(badPattern(source.file, index + 1, text, rule))
    else if (rules.length < maxRules) rules.push(rule)
    else if (rules.length === maxRules && diagnostics.length === 0) {
      diagnostics.push(badPattern(source.file, index + 1, text, `more than ${maxRules} patterns`))
    }
  })
  return { rules, diagnostics }
}

/** Hex sha256: rules with the same digest make the same things visible. */
export const rulesDigestOf = (rules: readonly IgnoreRule[]): string =>
  createHash('sha256')
    .update(JSON.stringify(rules.map((rule) => rule.pattern)))
    .digest('hex')

const parseLine = (pattern: string, line: number): IgnoreRule | string => {
  const exception = pattern.startsWith('!')
  const body = exception ? pattern.slice(1).trim() : pattern
  if (body === '') return 'an exclamation mark alone takes nothing back in'
  const cleaned = cleanPath(body)
  const anchored = cleaned.length > 1 && cleaned.startsWith('/') ? cleaned.slice(1) : cleaned
  const wildcard = compileWildcard(anchored, { globstar: true })
  return typeof wildcard === 'string' ? wildcard : { wildcard, exception, line, pattern }
}

const badPattern = (file: string, line: number, text: string, reason: string): Diagnostic => ({
  severity: 'error',
  code: 'bad-ignore-pattern',
  message: `read pattern ${JSON.stringify(text.trim().slice(0, 100))}: ${reason}`,
  file,
  range: { start: { line, column: 0 }, end: { line, column: text.length } },
  hint: 'patterns follow Go filepath.Match, with ** for any number of directories; a backslash makes the next character plain',
})
