import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { cleanPath } from './clean-path.ts'
import { createIgnoreMatcher, type IgnoreMatcher } from './ignore-matcher.ts'
import type { IgnoreRule } from './ignore-rules.ts'
import { compileWildcard } from './wildcard.ts'

/** Patterns of `--exclude` and `--parents`: an ignore file's, but that a leading slash stays and `#` means nothing. */
export interface PatternList {
  /** Says "ignored" of what the patterns match. */
  readonly matcher: IgnoreMatcher
  /** Whether something below a directory can match. Never false when something does. */
  mayMatchBelow(directory: string): boolean
}

/** Empty patterns say nothing. Throws `bad-pattern`. */
export const compilePatterns = (patterns: readonly string[]): PatternList => {
  const rules = patterns.flatMap((text, index): readonly IgnoreRule[] => {
    const pattern = text.trim()
    if (pattern === '') return []
    const exception = pattern.startsWith('!')
    const body = exception ? pattern.slice(1) : pattern
    const wildcard = body === '' ? 'it names nothing' : compileWildcard(cleanPath(body), { globstar: true })
    if (typeof wildcard === 'string') throw badPattern(text, wildcard)
    return [{ wildcard, exception, line: index + 1, pattern }]
  })
  const positive = rules.filter((rule) => !rule.exception)
  return {
    matcher: createIgnoreMatcher(rules),
    mayMatchBelow: (directory) => positive.some((rule) => rule.wildcard.mayMatchBelow(directory)),
  }
}

const badPattern = (pattern: string, reason: string): AppError =>
  new AppError('bad-pattern', `read pattern ${JSON.stringify(pattern)}: ${reason}`, {
    exitCode: exitCode.badDockerfile,
    hint: 'a backslash makes *, ? and [ plain characters',
  })
