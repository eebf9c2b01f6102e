import { parentOf } from '../../foundation/filetree/index.ts'
import type { IgnoreRule } from './ignore-rules.ts'

/** Whether an exception after rule number `after` may match something below `directory`. Never false when one does. */
export type ExceptionIndex = (directory: string, after: number) => boolean

export const createExceptionIndex = (rules: readonly IgnoreRule[]): ExceptionIndex => {
  /** Directories above the plain beginning of an exception, and the last such exception. */
  const above = new Map<string, number>()
  /** Exceptions with wildcards by the directory in which the wildcards begin. */
  const heads = new Map<string, number[]>()
  rules.forEach(({ wildcard, exception }, number) => {
    if (!exception) return
    const { only, head } = wildcard
    if (only === undefined) {
      const list = heads.get(head)
      if (list) list.push(number)
      else heads.set(head, [number])
    }
    for (let at = only ?? head; at !== ''; ) {
      at = parentOf(at)
      above.set(at, number)
    }
  })
  if (above.size === 0 && heads.size === 0) return () => false
  const mayMatch = (list: readonly number[] | undefined, directory: string, after: number): boolean =>
    list?.some((number) => number > after && rules[number]?.wildcard.mayMatchBelow(directory) === true) ??
    false
  return (directory, after) => {
    if ((above.get(directory) ?? -1) > after) return true
    for (let at = directory; ; at = parentOf(at)) {
      if (mayMatch(heads.get(at), directory, after)) return true
      if (at === '') return false
    }
  }
}
