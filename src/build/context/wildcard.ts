import { parseWildcard, type Token } from './wildcard-syntax.ts'

/** A compiled pattern. Matching takes time proportional to pattern times path, whatever the pattern (no backtracking). */
export interface Wildcard {
  matches(path: string): boolean
  /** Whether some path below the directory could match. Never false when one does. */
  mayMatchBelow(directory: string): boolean
  /** Without wildcards: the one path that it matches. */
  readonly only: string | undefined
  /** The longest text that every path that it matches has in it; '' for none. */
  readonly contains: string
  /** The directory that all paths that it matches lie in, as far as its plain text says; '' is the root. */
  readonly head: string
  /** Steps that matching takes for each character of a path; 0 for forms that take hardly any. */
  readonly weight: number
}

/** Compiles a pattern of Go's filepath.Match; `globstar` adds .dockerignore's `**`. Returns what is wrong as text. */
export const compileWildcard = (
  pattern: string,
  options: { readonly globstar: boolean },
): Wildcard | string => {
  const tokens = parseWildcard(pattern, options.globstar)
  if (typeof tokens === 'string') return tokens
  const plain = literalOf(tokens, 0)
  if (plain !== undefined) return onlyPath(plain)
  const facts = { only: undefined, contains: longestText(tokens), head: headOf(tokens), weight: 0 }
  // Most patterns never need the general machine: it is built when it is first asked, so that many patterns take little room.
  let machine: ((text: string) => Uint8Array) | undefined
  const run = (text: string): Uint8Array => {
    const again = machine ? [] : parseWildcard(pattern, options.globstar)
    machine ??= runner(typeof again === 'string' ? [] : again)
    return machine(text)
  }
  const mayMatchBelow = (directory: string): boolean => run(`${directory}/`).includes(1)
  const suffix = options.globstar ? literalSuffix(pattern, tokens) : undefined
  if (suffix !== undefined) {
    // docker's matcher takes `**` and then plain text as "ends with": `**/x` is any `x`, `**x` also `abx`.
    const bare = suffix.startsWith('/') ? suffix.slice(1) : undefined
    return { ...facts, matches: (path) => path.endsWith(suffix) || path === bare, mayMatchBelow: () => true }
  }
  const oneStar = oneStarOf(tokens)
  if (oneStar !== undefined) return { ...facts, matches: oneStar, mayMatchBelow }
  const end = tokens.length
  return { ...facts, weight: end, matches: (path) => run(path)[end] === 1, mayMatchBelow }
}

const onlyPath = (only: string): Wildcard => ({
  matches: (path) => path === only,
  mayMatchBelow: (directory) => only.startsWith(`${directory}/`),
  only,
  contains: only,
  head: only.slice(0, Math.max(0, only.lastIndexOf('/'))),
  weight: 0,
})

const literalOf = (tokens: readonly Token[], from: number): string | undefined => {
  const text = literalFrom(tokens, from)
  return text.tokens === tokens.length - from ? text.text : undefined
}

/** The plain characters from a token on, and how many tokens they are. */
const literalFrom = (
  tokens: readonly Token[],
  from: number,
): { readonly text: string; readonly tokens: number } => {
  let text = ''
  for (let at = from; ; at++) {
    const token = tokens[at]
    if (token?.kind !== 'literal') return { text, tokens: at - from }
    text += token.char
  }
}

const longestText = (tokens: readonly Token[]): string => {
  let longest = ''
  for (let at = 0; at < tokens.length; ) {
    const run = literalFrom(tokens, at)
    if (run.text.length > longest.length) longest = run.text
    at += run.tokens + 1
  }
  return longest
}

const headOf = (tokens: readonly Token[]): string => {
  const { text } = literalFrom(tokens, 0)
  return text.slice(0, Math.max(0, text.lastIndexOf('/')))
}

/** What follows a leading `**`, if it has no wildcard and no escape; '' for `**` alone. */
const literalSuffix = (pattern: string, tokens: readonly Token[]): string | undefined => {
  if (!pattern.startsWith('**') || pattern.includes('\\') || pattern.includes('*', 2)) return undefined
  if (tokens[0]?.kind === 'rest') return ''
  return literalOf(tokens, 2) === undefined ? undefined : pattern.slice(2)
}

/** Plain text with one star, perhaps behind a globstar: the common shapes without the general machine, since they are asked for every file. */
const oneStarOf = (tokens: readonly Token[]): ((path: string) => boolean) | undefined => {
  const anywhere = tokens[0]?.kind === 'enter'
  const star = tokens.findIndex((token) => token.kind === 'star')
  const before = literalOf(tokens.slice(anywhere ? 2 : 0, Math.max(0, star)), 0)
  const after = literalOf(tokens.slice(star + 1), 0)
  if (star < 0 || before === undefined || after === undefined) return undefined
  if (anywhere && (before + after).includes('/')) return undefined
  return (path) => {
    const from = anywhere ? path.lastIndexOf('/') + 1 : 0
    const end = path.length - after.length
    if (end - from < before.length || !path.endsWith(after) || !path.startsWith(before, from)) return false
    const slash = path.indexOf('/', from + before.length)
    return slash < 0 || slash >= end
  }
}

/** Runs text through the tokens; in the result, index i is 1 when everything before token i can have matched. */
const runner = (tokens: readonly Token[]): ((text: string) => Uint8Array) => {
  let now = new Uint8Array(tokens.length + 1)
  let next = new Uint8Array(tokens.length + 1)
  return (text) => {
    now.fill(0)
    enter(tokens, now, 0)
    for (const char of text) {
      next.fill(0)
      let alive = false
      for (let i = 0; i < tokens.length; i++) {
        const token = tokens[i]
        if (now[i] === 1 && token !== undefined && step(tokens, token, i, char, next)) alive = true
      }
      const last = now
      now = next
      next = last
      if (!alive) break
    }
    return now
  }
}

/** Marks a state and those reached from it without a character. */
const enter = (tokens: readonly Token[], states: Uint8Array, state: number): true => {
  for (let at = state; ; ) {
    states[at] = 1
    const kind = tokens[at]?.kind
    if (kind === 'star' || kind === 'rest') at += 1
    else if (kind === 'enter') {
      states[at + 1] = 1
      at += 2
    } else return true
  }
}

/** Moves one state over one character; false when it dies. */
const step = (
  tokens: readonly Token[],
  token: Token,
  state: number,
  char: string,
  next: Uint8Array,
): boolean => {
  switch (token.kind) {
    case 'literal':
      return token.char === char && enter(tokens, next, state + 1)
    case 'any':
      return char !== '/' && enter(tokens, next, state + 1)
    case 'star':
      return char !== '/' && enter(tokens, next, state)
    case 'rest':
      return enter(tokens, next, state)
    case 'inside':
      next[state] = 1
      if (char === '/') enter(tokens, next, state + 1)
      return true
    case 'class':
      return inClass(token, char.codePointAt(0) ?? 0) && enter(tokens, next, state + 1)
    case 'enter':
      return false
  }
}

const inClass = (token: Token & { kind: 'class' }, code: number): boolean =>
  token.ranges.some(([low, high]) => low <= code && code <= high) !== token.negated
