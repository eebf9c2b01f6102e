import type { Range } from '../../foundation/errors/index.ts'
import { type ExpandOptions, type Expansion, expand } from '../dockerfile/index.ts'
import { badWordHint } from './plan-problem.ts'
import { type Planning, report } from './planning.ts'
import type { StageState } from './stage-state.ts'
import { warnOfUndefined } from './undefined-names.ts'

type Words = Extract<Expansion, { readonly ok: true }>

/** Puts the stage's variables into a word; undefined when that cannot be done, which is reported. */
export const expandIn = (
  planning: Planning,
  state: StageState,
  range: Range,
  text: string,
  options: Pick<ExpandOptions, 'ignoreQuotes'> = {},
): Words | undefined => {
  const result = expandQuietly(planning, state, range, text, options)
  if (result.ok) return result
  return report(planning, range, {
    code: 'bad-word',
    message: `expand ${JSON.stringify(text.slice(0, 200))}: ${result.message}`,
    hint: badWordHint,
    part: { word: text },
  })
}

/** As `expandIn`, but what cannot be expanded is the caller's to report. Names that are not set are warned of. */
export const expandQuietly = (
  planning: Planning,
  state: StageState,
  range: Range,
  text: string,
  options: Pick<ExpandOptions, 'ignoreQuotes'> = {},
): Expansion => {
  const { escape: escapeCharacter } = planning.request.dockerfile
  const missing = new Set<string>()
  const lookup = (name: string): string | undefined => {
    const value = state.env.get(name)
    if (value === undefined) missing.add(name)
    return value
  }
  // Here-documents have an escape character of their own, in docker too.
  const result = expand(text, { escape: options.ignoreQuotes ? '\\' : escapeCharacter, lookup, ...options })
  if (missing.size > 0) warnOfUndefined(planning, state, range, missing)
  if (result.ok) planning.budget.characters -= result.text.length
  return result
}

/** All words, or undefined when one of them cannot be expanded. */
export const expandAll = (
  planning: Planning,
  state: StageState,
  range: Range,
  texts: readonly string[],
): readonly string[] | undefined => {
  const words = texts.map((text) => expandIn(planning, state, range, text)?.text)
  const good = words.filter((word) => word !== undefined)
  return good.length === words.length ? good : undefined
}

/** For names of vertices: what cannot be expanded stays as it is, and `hidden` variables (of secrets) are not shown. */
export const displayIn = (
  planning: Planning,
  state: StageState,
  text: string,
  options: Pick<ExpandOptions, 'keepQuotes' | 'keepUnset'>,
  hidden: ReadonlySet<string> = new Set(),
): string => {
  const { escape: escapeCharacter } = planning.request.dockerfile
  const lookup = (name: string): string | undefined => (hidden.has(name) ? '****' : state.env.get(name))
  const result = expand(text, { escape: escapeCharacter, lookup, ...options })
  return result.ok ? result.text : text
}
