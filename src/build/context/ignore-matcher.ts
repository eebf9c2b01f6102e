import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { createExceptionIndex } from './exception-index.ts'
import type { IgnoreRule } from './ignore-rules.ts'
import { createRuleIndex } from './rule-index.ts'

/** What the rules say of one directory; its children build on it. */
export interface IgnoreState {
  readonly ignored: boolean
  /** Index of the rule that decided, -1 for none. */
  readonly decidedBy: number
  /** Rules that match this directory or one above it, ascending. */
  readonly matched: readonly number[]
}

/** Docker's decision, made while walking down: a rule that matches a directory matches all below it; the last match wins. */
export interface IgnoreMatcher {
  readonly root: IgnoreState
  /** There are no rules: nobody need ask. */
  readonly showsAll: boolean
  /** The rule that ignores `path`, a child of the directory that `parent` describes; undefined when it stays. */
  ignoredBy(path: string, parent: IgnoreState): IgnoreRule | undefined
  /** The same for a directory, with what its children need. */
  enter(path: string, parent: IgnoreState): IgnoreState
  /** Whether an exception may take back something below an ignored directory. */
  mayReturnBelow(path: string, state: IgnoreState): boolean
}

/** Up to so many patterns, and to such a weight of one, no work is counted: they take as long as they take. */
const many = 10_000
const heavy = 1000
/** Steps of matching: some seconds. */
const mostSteps = 200_000_000

/**
 * A rule is only asked when its answer can change the outcome; moby's matcher does the same, and it shows in odd cases.
 * Matching throws `ignore-too-costly` for rules that were made to take forever.
 */
export const createIgnoreMatcher = (rules: readonly IgnoreRule[]): IgnoreMatcher => {
  const { candidates } = createRuleIndex(rules)
  const mayReturn = createExceptionIndex(rules)
  let steps = 0
  const count = (more: number): void => {
    steps += more
    if (steps > mostSteps) throw tooCostly(rules.length)
  }
  const matches = ({ wildcard }: IgnoreRule, path: string): boolean => {
    if (rules.length > many || wildcard.weight > heavy) count(wildcard.weight * path.length)
    return wildcard.matches(path)
  }
  /** The rule that decides, -1 for none. */
  const decide = (path: string, parent: readonly number[], own: number[] | undefined): number => {
    const asked = candidates(path, parent)
    if (rules.length > many) count(asked.length)
    let ignored = false
    let decidedBy = -1
    let inherited = 0
    for (const number of asked) {
      const rule = rules[number]
      if (rule === undefined) continue
      const isInherited = inherited < parent.length && parent[inherited] === number
      if (isInherited) inherited++
      else if (rule.exception !== ignored || !matches(rule, path)) continue
      own?.push(number)
      ignored = !rule.exception
      decidedBy = number
    }
    return decidedBy
  }
  const ignores = (index: number): boolean => rules[index]?.exception === false
  return {
    root: { ignored: false, decidedBy: -1, matched: [] },
    showsAll: rules.length === 0,
    ignoredBy(path, parent) {
      const decidedBy = decide(path, parent.matched, undefined)
      return ignores(decidedBy) ? rules[decidedBy] : undefined
    },
    enter(path, parent) {
      const own: number[] = []
      const decidedBy = decide(path, parent.matched, own)
      // What matched above matches here: of equal length, the lists are equal.
      const matched = own.length === parent.matched.length ? parent.matched : own
      return { ignored: ignores(decidedBy), decidedBy, matched }
    },
    mayReturnBelow: (path, state) => mayReturn(path, state.decidedBy),
  }
}

const tooCostly = (rules: number): AppError =>
  new AppError('ignore-too-costly', `apply ${rules} patterns of the ignore file: it takes too long`, {
    exitCode: exitCode.badDockerfile,
    hint: 'name directories instead of their files, and begin or end patterns with plain text',
  })
