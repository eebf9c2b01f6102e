import { posix } from 'node:path'

/**
 * Whether an ignore file leaves a path out, by the definition and without any cleverness: every line is held against the path and
 * each directory above it, from the top down; a line that matched above matches below; the last line that matches decides. A line is
 * asked only when its answer would change what is decided so far. Patterns must be well-formed.
 */
export const isLeftOut = (lines: readonly string[], path: string): boolean => {
  const rules = lines.map((line) => ruleOf(line.trim())).filter((rule) => rule !== undefined)
  const matched = new Set<number>()
  let ignored = false
  path.split('/').forEach((_, depth, parts) => {
    const here = parts.slice(0, depth + 1).join('/')
    ignored = false
    rules.forEach(({ exception, pattern }, number) => {
      if (!matched.has(number) && (exception !== ignored || !matchesPath(pattern, here))) return
      matched.add(number)
      ignored = !exception
    })
  })
  return ignored
}

const ruleOf = (line: string): { readonly exception: boolean; readonly pattern: string } | undefined => {
  if (line === '' || line.startsWith('#')) return undefined
  const exception = line.startsWith('!')
  const clean = posix.normalize(exception ? line.slice(1).trim() : line).replace(/(?<=.)\/$/, '')
  return { exception, pattern: clean.length > 1 ? clean.replace(/^\//, '') : clean }
}

const matchesPath = (pattern: string, path: string): boolean => {
  const rest = pattern.slice(2)
  // moby's shortcut for `**` and plain text behind it: "ends with".
  if (pattern.startsWith('**') && !/[*?[\]\\]/.test(rest) && rest !== '') {
    return path.endsWith(rest) || (rest.startsWith('/') && path === rest.slice(1))
  }
  return matches([...pattern], [...path])
}

/** By trying everything. */
const matches = (pattern: readonly string[], path: readonly string[]): boolean => {
  const [first, second, third] = pattern
  if (first === undefined) return path.length === 0
  if (first === '*' && second === '*') {
    const rest = pattern.slice(third === '/' ? 3 : 2)
    if (rest.length === 0) return true
    return matches(rest, path) || path.some((c, at) => c === '/' && matches(rest, path.slice(at + 1)))
  }
  const [char, ...others] = path
  if (first === '*') {
    return matches(pattern.slice(1), path) || (char !== undefined && char !== '/' && matches(pattern, others))
  }
  if (char === undefined) return false
  if (first === '?') return char !== '/' && matches(pattern.slice(1), others)
  if (first === '\\') return second === char && matches(pattern.slice(2), others)
  if (first === '[') return matchesClass(pattern, char, others)
  return first === char && matches(pattern.slice(1), others)
}

const matchesClass = (pattern: readonly string[], char: string, others: readonly string[]): boolean => {
  const end = pattern.indexOf(']')
  const negated = pattern[1] === '^'
  const set = pattern.slice(negated ? 2 : 1, end)
  return set.includes(char) !== negated && matches(pattern.slice(end + 1), others)
}
