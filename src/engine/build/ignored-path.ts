import { cleanPath, type parseIgnoreFile } from '../../build/context/index.ts'

/** One line of an ignore file. */
export type IgnoreRule = ReturnType<typeof parseIgnoreFile>['rules'][number]

/** Whether nothing at `path` ('' is the context) or below it is left: the last rule about it ignores, and none takes back. */
export const isGone = (rules: readonly IgnoreRule[], path: string): boolean => {
  const parents = parentsOf(path)
  const decides = ({ pattern, wildcard }: IgnoreRule): boolean =>
    path === '' ? ['*', '**', '**/*'].includes(pattern) : parents.some((each) => wildcard.matches(each))
  const at = rules.findLastIndex(decides)
  const ignored = rules[at]?.exception === false
  return ignored && !rules.slice(at).some((rule) => rule.exception && mayReach(rule.pattern, path))
}

/** Whether `!pattern` may name something at or below `path`, which can have wildcards too. */
const mayReach = (pattern: string, path: string): boolean => {
  const written = cleanPath(pattern.slice(1).trim()).replace(/^\//, '').split('/')
  const parts = path === '' ? [] : path.split('/')
  const open = written.findIndex((part, index) => part === '**' || parts[index] === '**')
  if (open < 0 && written.length < parts.length) return false
  const compared = open < 0 ? parts : parts.slice(0, open)
  return compared.every(
    (part, index) => part === written[index] || /[*?[\\]/.test(`${part}${written[index]}`),
  )
}

/** `a/b/c`: a, a/b, a/b/c. */
const parentsOf = (path: string): readonly string[] =>
  path.split('/').map((_, index, parts) => parts.slice(0, index + 1).join('/'))
