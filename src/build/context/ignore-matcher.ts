import type { IgnoreRule } from './ignore-rules.ts'

/** What the rules say of one directory; its children build on it. */
export interface IgnoreState {
  readonly ignored: boolean
  /** Index of the rule that decided, -1 for none. */
  readonly decidedBy: number
  /** Per rule: 1 when it matches this directory or one above it. */
  readonly matched: Uint8Array
}

/** Docker's decision, made while walking down: a rule that matches a directory matches all below it; the last match wins. */
export interface IgnoreMatcher {
  readonly root: IgnoreState
  /** The rule that ignores `path`, a child of the directory that `parent` describes; undefined when it stays. */
  ignoredBy(path: string, parent: IgnoreState): IgnoreRule | undefined
  /** The same for a directory, with what its children need. */
  enter(path: string, parent: IgnoreState): IgnoreState
  /** Whether an exception may take back something below an ignored directory. */
  mayReturnBelow(path: string, state: IgnoreState): boolean
}

/** A rule is only asked when its answer can change the outcome; moby's matcher does the same, and it shows in odd cases. */
export const createIgnoreMatcher = (rules: readonly IgnoreRule[]): IgnoreMatcher => {
  const decide = (path: string, parent: Uint8Array, own: Uint8Array | undefined): number => {
    let ignored = false
    let decidedBy = -1
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i]
      if (rule === undefined) continue
      if (parent[i] !== 1 && (rule.exception !== ignored || !rule.wildcard.matches(path))) continue
      if (own !== undefined) own[i] = 1
      ignored = !rule.exception
      decidedBy = i
    }
    return decidedBy
  }
  const ignores = (index: number): boolean => rules[index]?.exception === false
  return {
    root: { ignored: false, decidedBy: -1, matched: new Uint8Array(rules.length) },
    ignoredBy(path, parent) {
      const decidedBy = decide(path, parent.matched, undefined)
      return ignores(decidedBy) ? rules[decidedBy] : undefined
    },
    enter(path, parent) {
      const matched = new Uint8Array(rules.length)
      const decidedBy = decide(path, parent.matched, matched)
      return { ignored: ignores(decidedBy), decidedBy, matched }
    },
    mayReturnBelow: (path, state) =>
      rules.some((rule, i) => i > state.decidedBy && rule.exception && rule.wildcard.mayMatchBelow(path)),
  }
}
