/** One step of a compiled pattern. `enter` and `inside` together are docker's globstar: nothing, or anything up to a slash. */
export type Token =
  | { readonly kind: 'literal'; readonly char: string }
  /** `?`: one character, not a slash. */
  | { readonly kind: 'any' }
  /** `*`: any number of characters, no slash. */
  | { readonly kind: 'star' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly CharRange[] }
  | { readonly kind: 'enter' }
  | { readonly kind: 'inside' }
  /** A globstar at the end: everything. */
  | { readonly kind: 'rest' }

export type CharRange = readonly [low: number, high: number]

/**
 * Reads a pattern by the grammar of Go's filepath.Match: `*`, `?`, `[a-z]`, `[^a]`, `\c`. With `globstar`, `**` crosses
 * slashes as in .dockerignore; without, it is two stars. Returns what is wrong as text.
 */
export const parseWildcard = (pattern: string, globstar: boolean): readonly Token[] | string => {
  const chars = [...pattern]
  const tokens: Token[] = []
  for (let at = 0; at < chars.length; ) {
    const read =
      globstar && chars[at] === '*' && chars[at + 1] === '*' ? readGlobstar(chars, at) : readToken(chars, at)
    if (typeof read === 'string') return read
    if (!repeats(tokens.at(-1), read.tokens)) tokens.push(...read.tokens)
    at = read.next
  }
  return tokens
}

/** A star behind a star, or a globstar behind a globstar, matches nothing more. */
const repeats = (last: Token | undefined, [next]: readonly Token[]): boolean =>
  (last?.kind === 'star' && next?.kind === 'star') || (last?.kind === 'inside' && next?.kind === 'enter')

type TokenRead = { readonly tokens: readonly Token[]; readonly next: number }

const readGlobstar = (chars: readonly string[], start: number): TokenRead => {
  const next = start + (chars[start + 2] === '/' ? 3 : 2)
  return { tokens: next >= chars.length ? [{ kind: 'rest' }] : [{ kind: 'enter' }, { kind: 'inside' }], next }
}

const readToken = (chars: readonly string[], start: number): TokenRead | string => {
  const char = chars[start] ?? ''
  const next = start + 1
  if (char === '*') return { tokens: [{ kind: 'star' }], next }
  if (char === '?') return { tokens: [{ kind: 'any' }], next }
  if (char === '[') return readClass(chars, next)
  if (char !== '\\') return { tokens: [{ kind: 'literal', char }], next }
  const escaped = chars[next]
  if (escaped === undefined) return 'a backslash at the end escapes nothing'
  return { tokens: [{ kind: 'literal', char: escaped }], next: next + 1 }
}

/** Whether a path has characters with a meaning in patterns (escaped ones have none). */
export const hasWildcard = (path: string): boolean => /^(?:[^\\*?[]|\\.)*[*?[]/su.test(path)

const readClass = (chars: readonly string[], start: number): TokenRead | string => {
  let at = start
  const negated = chars[at] === '^'
  if (negated) at += 1
  const ranges: CharRange[] = []
  while (chars[at] !== ']' || ranges.length === 0) {
    const low = readClassChar(chars, at)
    if (typeof low === 'string') return low
    at = low.next
    let high = low
    if (chars[at] === '-') {
      const read = readClassChar(chars, at + 1)
      if (typeof read === 'string') return read
      high = read
      at = read.next
    }
    if (high.code < low.code) return 'a range in [...] ends before it starts'
    ranges.push([low.code, high.code])
  }
  return { tokens: [{ kind: 'class', negated, ranges }], next: at + 1 }
}

type CharRead = { readonly code: number; readonly next: number }

const readClassChar = (chars: readonly string[], start: number): CharRead | string => {
  const first = chars[start]
  if (first === undefined) return 'a [ has no ]'
  if (first === '-' || first === ']')
    return `an unescaped ${first} stands in [...] where a character is expected`
  const at = first === '\\' ? start + 1 : start
  const code = chars[at]?.codePointAt(0)
  return code === undefined ? 'a [ has no ]' : { code, next: at + 1 }
}
