import { type Range, suggest } from '../../foundation/errors/index.ts'
import { type Planning, warn } from './planning.ts'
import type { StageState } from './stage-state.ts'

/** Docker's distance: a name that differs in more than two letters was hardly meant. */
const limit = 2

/** The name that was meant, when one is near. */
export const nearName = (name: string, names: Iterable<string>): string | undefined =>
  suggest(name, names, { limit, exactCase: true })

/** Variables of a stage that are used and nowhere set. ARGs that have no value are known to be unset. */
export const warnOfUndefined = (
  planning: Planning,
  state: StageState,
  range: Range,
  names: ReadonlySet<string>,
): void => {
  for (const name of names) {
    if (state.buildArgs.has(name) || !isFirst(planning, range, name)) continue
    const meant = nearName(name, state.env.keys())
    const hint = meant === undefined ? '' : ` (did you mean $${meant}?)`
    warn(planning, range, 'UndefinedVar', `Usage of undefined variable '$${name}'${hint}`)
  }
}

/** ARGs of a FROM line that no ARG before the first FROM declares. */
export const warnOfUndefinedInFrom = (
  planning: Planning,
  range: Range,
  names: ReadonlySet<string>,
  declared: ReadonlySet<string>,
): void => {
  for (const name of names) {
    if (declared.has(name) || !isFirst(planning, range, name)) continue
    const meant = nearName(name, declared)
    const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`
    warn(planning, range, 'UndefinedArgInFrom', `FROM argument '${name}' is not declared${hint}`)
  }
}

/** Once for every instruction. */
const isFirst = ({ reportedNames }: Planning, { start }: Range, name: string): boolean => {
  const key = `${start.line}:${start.column}:${name}`
  if (reportedNames.has(key)) return false
  reportedNames.add(key)
  return true
}
