import { AppError } from '../../foundation/errors/index.ts'
import { type Platform, parsePlatform } from '../../foundation/oci/index.ts'
import { expand, type FromInstruction, type Stage } from '../dockerfile/index.ts'
import { findContext } from './context-names.ts'
import type { Base } from './link-types.ts'
import { type Planning, report } from './planning.ts'
import { resolveBase } from './stage-links.ts'
import { warnOfUndefinedInFrom } from './undefined-names.ts'

/** Reads a FROM with the global ARGs put in, once. Undefined after a report. */
export const baseOf = (planning: Planning, stage: Stage): Base | undefined => {
  const { bases } = planning
  if (!bases.has(stage.index)) bases.set(stage.index, readBase(planning, stage))
  return bases.get(stage.index)
}

const readBase = (planning: Planning, { from, index, name }: Stage): Base | undefined => {
  const image = expandFrom(planning, from, from.image)
  const platform = readPlatform(planning, from)
  if (image === undefined || !platform) return undefined
  const link = resolveBase(planning, image, index, platform)
  if (link.kind === 'bad') return report(planning, from.range, link.problem)
  const context = name === undefined ? undefined : findContext(planning, name, platform)
  if (context) return { platform, image, link: { kind: 'context', ...context }, replaced: true }
  return { platform, image, link, replaced: false }
}

const expandFrom = (planning: Planning, from: FromInstruction, text: string): string | undefined => {
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
    })
  const declared = missing.size > 0 ? declaredNames(planning) : new Set<string>()
  const [first] = missing
  if (result.text.trim() === '')
    return report(planning, from.range, {
      code: 'empty-base',
      message: `expected an image after FROM, found nothing after variables were put into ${text}`,
      hint: first === undefined ? undefined : hintFor(first, declared.has(first)),
    })
  warnOfUndefinedInFrom(planning, from.range, missing, declared)
  return result.text
}

const declaredNames = ({ request, globalArgs }: Planning): ReadonlySet<string> =>
  new Set([
    ...request.dockerfile.globalArgs.flatMap(({ args }) => args.map((arg) => arg.name)),
    ...globalArgs.keys(),
  ])

const hintFor = (name: string, declared: boolean): string =>
  declared
    ? `give ${name} a value: ARG ${name}=VALUE before the first FROM, or --build-arg ${name}=VALUE`
    : `write ARG ${name} before the first FROM: ARGs of a stage are not seen by FROM`

const readPlatform = (planning: Planning, from: FromInstruction): Platform | undefined => {
  if (from.platform === undefined) return planning.request.platform
  const text = expandFrom(planning, from, from.platform)
  if (text === undefined) return undefined
  try {
    return parsePlatform(text)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return report(planning, from.range, { code: 'bad-platform', message: error.message, hint: error.hint })
  }
}
