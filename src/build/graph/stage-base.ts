import { AppError } from '../../foundation/errors/index.ts'
import { type Platform, parsePlatform } from '../../foundation/oci/index.ts'
import { expand, type FromInstruction, type Stage } from '../dockerfile/index.ts'
import { findContext } from './context-names.ts'
import type { Base } from './link-types.ts'
import { badWordHint } from './plan-problem.ts'
import { type Planning, report } from './planning.ts'
import { resolveBase } from './stage-links.ts'
import { nearName, warnOfUndefinedInFrom } from './undefined-names.ts'

/** Reads a FROM with the global ARGs put in, once. Undefined after a report. */
export const baseOf = (planning: Planning, stage: Stage): Base | undefined => {
  const { bases } = planning
  if (!bases.has(stage.index)) bases.set(stage.index, readBase(planning, stage))
  return bases.get(stage.index)
}

const readBase = (planning: Planning, { from, index, name }: Stage): Base | undefined => {
  const image = expandFrom(planning, from, from.image, 'an image after FROM')?.text
  const platform = readPlatform(planning, from)
  if (image === undefined || !platform) return undefined
  const link = resolveBase(planning, image, index, platform)
  if (link.kind === 'bad')
    return report(planning, from.range, { ...link.problem, part: { word: from.image } })
  const context = name === undefined ? undefined : findContext(planning, name, platform)
  if (context) return { platform, image, link: { kind: 'context', ...context }, replaced: true }
  return { platform, image, link, replaced: false }
}

interface ExpandedWord {
  readonly text: string
  /** What to do about a variable in it that has no value. */
  readonly hint: string | undefined
}

/** `expected` is what the word should be, for the message. */
const expandFrom = (
  planning: Planning,
  from: FromInstruction,
  text: string,
  expected: string,
): ExpandedWord | undefined => {
  const { globalArgs, request } = planning
  const missing = new Set<string>()
  const lookup = (name: string): string | undefined => {
    const value = globalArgs.get(name)
    if (value === undefined) missing.add(name)
    return value
  }
  const result = expand(text, { escape: request.dockerfile.escape, lookup })
  if (!result.ok)
    return report(planning, from.range, {
      code: 'bad-word',
      message: `expand ${JSON.stringify(text)}: ${result.message}`,
      hint: badWordHint,
      part: { word: text },
    })
  const declared = missing.size > 0 ? declaredNames(planning) : new Set<string>()
  const [first] = missing
  const hint = first === undefined ? undefined : hintFor(first, declared)
  warnOfUndefinedInFrom(planning, from.range, missing, declared)
  if (result.text.trim() === '')
    return report(planning, from.range, {
      code: 'empty-base',
      message: `expected ${expected}, found nothing after variables were put into ${text}`,
      hint,
      part: { word: text },
    })
  return { text: result.text, hint }
}

const declaredNames = ({ request, globalArgs }: Planning): ReadonlySet<string> =>
  new Set([
    ...request.dockerfile.globalArgs.flatMap(({ args }) => args.map((arg) => arg.name)),
    ...globalArgs.keys(),
  ])

const hintFor = (name: string, declared: ReadonlySet<string>): string => {
  if (declared.has(name))
    return `give ${name} a value: ARG ${name}=VALUE before the first FROM, or --build-arg ${name}=VALUE`
  const meant = nearName(name, declared)
  return meant === undefined
    ? `write ARG ${name} before the first FROM: ARGs of a stage are not seen by FROM`
    : `did you mean ${meant}?`
}

const readPlatform = (planning: Planning, from: FromInstruction): Platform | undefined => {
  if (from.platform === undefined) return planning.request.platform
  const word = expandFrom(planning, from, from.platform, 'a platform after --platform=')
  if (word === undefined) return undefined
  try {
    return parsePlatform(word.text)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return report(planning, from.range, {
      code: 'bad-platform',
      message: error.message,
      hint: word.hint ?? error.hint,
      part: { flag: 'platform' },
    })
  }
}
