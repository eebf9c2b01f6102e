import { cleanInRoot } from '../../foundation/filetree/index.ts'
import { createIgnoreMatcher, type IgnoreMatcher } from './ignore-matcher.ts'
import type { IgnoreFile } from './ignore-rules.ts'
import { readRules } from './read-rules.ts'
import type { IgnoredBy } from './types.ts'

/** What an ignore file says of a path. */
export interface IgnoreDecision {
  readonly ignored: boolean
  /** The line that decided, an exception too; absent when none matches. */
  readonly by?: IgnoredBy
  /** What the line matches: the path itself or a directory above it. */
  readonly matched?: string
}

/** Asks for many paths, whether or not they exist. Throws a DiagnosticError for patterns that cannot be read. */
export const explainIgnore = (ignore: IgnoreFile | undefined): ((path: string) => IgnoreDecision) => {
  const rules = readRules(ignore)
  const matcher = createIgnoreMatcher(rules)
  return (path) => {
    const steps = [...descend(matcher, cleanInRoot(path))]
    const last = steps.at(-1)?.state
    const rule = last && rules[last.decidedBy]
    if (last === undefined || rule === undefined) return { ignored: false }
    const first = steps.find(({ state }) => state.matched.includes(last.decidedBy))
    return {
      ignored: last.ignored,
      by: { file: ignore?.file ?? '', line: rule.line, pattern: rule.pattern },
      ...(first && { matched: first.path }),
    }
  }
}

/** The directories above a path and the path itself, from the top down, and what the rules say of each. */
function* descend(matcher: IgnoreMatcher, path: string) {
  let state = matcher.root
  const parts = path.split('/').filter((part) => part !== '')
  for (let depth = 1; depth <= parts.length; depth++) {
    const here = parts.slice(0, depth).join('/')
    state = matcher.enter(here, state)
    yield { path: here, state }
  }
}
