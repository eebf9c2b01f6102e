import type { Range } from '../../foundation/errors/index.ts'
import { type ExpandOptions, type Expansion, expand } from '../dockerfile/index.ts'
import { type Planning, report } from './planning.ts'
import type { StageState } from './stage-state.ts'

type Words = Extract<Expansion, { readonly ok: true }>

/** Puts the stage's variables into a word; undefined when that cannot be done, which is reported. */
export const expandIn = (
  planning: Planning,
  state: StageState,
  range: Range,
  text: string,
  options: Pick<ExpandOptions, 'ignoreQuotes'> = {},
): Words | undefined => {
  const { escape: escapeCharacter } = planning.request.dockerfile
  const result = expand(text, { escape: escapeCharacter, lookup: (name) => state.env.get(name), ...options })
  if (!result.ok)
    return report(planning, range, {
      code: 'bad-word',
      message: `expand ${JSON.stringify(text.slice(0, 200))}: ${result.message}`,
    })
  planning.budget.characters -= result.text.length
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

/** For names of vertices: what cannot be expanded stays as it is. */
export const displayIn = (
  planning: Planning,
  state: StageState,
  text: string,
  options: Pick<ExpandOptions, 'keepQuotes' | 'keepUnset'>,
): string => {
  const { escape: escapeCharacter } = planning.request.dockerfile
  const result = expand(text, { escape: escapeCharacter, lookup: (name) => state.env.get(name), ...options })
  return result.ok ? result.text : text
}
