import { lstatSync } from 'node:fs'
import type { RecipeItem, recipeItems } from '../../foundation/native/index.ts'
import type { BuildOptions, UsedContext } from './types.ts'

type Items = Awaited<ReturnType<typeof recipeItems>>

/** That the directories of the caller are there, asked for or not. Throws where one is none. */
export const directoryChecks = (
  { context, contexts }: Pick<BuildOptions, 'context' | 'contexts'>,
  { stillThere }: Items,
): readonly RecipeItem[] =>
  [context, ...(contexts?.values() ?? [])].map((input) => {
    const item = input?.kind === 'directory' ? stillThere(input.path) : undefined
    if (!item) throw new TypeError('no directory')
    return item
  })

/** That a context would be found as it was: the same ignore rules, and the same names with the same times. Throws where that cannot be said. */
export const contextChecks = (
  { context, ignore, ignorePlaces }: UsedContext,
  { absent, sameBytes }: Items,
): readonly RecipeItem[] => {
  const before = ignore ? ignorePlaces.slice(0, ignorePlaces.indexOf(ignore.path)) : ignorePlaces
  const none = before.map((place) => {
    const item = absent(place)
    if (!item) throw new TypeError('another ignore file')
    return item
  })
  if (ignore && !lstatSync(ignore.path).isFile()) throw new TypeError('no file')
  const seen = context.lookedAt()
  if (!seen) throw new TypeError('a context that is not remembered')
  const { root, stateFile, seal, blocks, plain } = seen
  return [
    ...none,
    ...(ignore ? [sameBytes(ignore.path, Buffer.from(ignore.text))] : []),
    ['L', root, stateFile, seal, blocks, plain],
  ]
}
