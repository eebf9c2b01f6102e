import { AppError, suggest } from '../../foundation/errors/index.ts'
import { type Platform, parseReference } from '../../foundation/oci/index.ts'
import { expand, type Stage } from '../dockerfile/index.ts'
import { findContext } from './context-names.ts'
import type { Link } from './link-types.ts'
import type { PlanProblem } from './plan-problem.ts'
import { type Planning, report } from './planning.ts'

export type LinkOutcome = Link | { readonly kind: 'bad'; readonly problem: PlanProblem }

const bad = (code: string, message: string, hint?: string): LinkOutcome => ({
  kind: 'bad',
  problem: { code, message, hint },
})

/** Stage names, for suggestions. */
export const stageNames = (planning: Planning): Iterable<string> => planning.stagesByName.keys()

/** What FROM means: an earlier stage by its name in lower case, `scratch`, a named context, or an image. */
export const resolveBase = (
  planning: Planning,
  image: string,
  own: number,
  platform: Platform,
): LinkOutcome => {
  const stage = planning.stagesByName.get(image)?.findLast((index) => index < own)
  return stage === undefined ? resolveOther(planning, image, platform) : { kind: 'stage', index: stage }
}

/** What `COPY --from` in stage `own` means: a stage by name or number, or what FROM could mean. */
export const resolveCopyFrom = (planning: Planning, from: string, own: number): LinkOutcome => {
  const plain = expand(from, { escape: planning.request.dockerfile.escape, lookup: () => undefined })
  if (!plain.ok || plain.text !== from)
    return bad(
      'variable-in-from',
      `expected the plain name of a stage or image in --from, found ${from}`,
      'variables are not expanded here: add a stage "FROM ... AS name" that uses it, and copy from that stage',
    )
  if (!/^\d+$/.test(from)) return resolveMountFrom(planning, from)
  const index = Number(from)
  if (planning.stages[index]) return { kind: 'stage', index }
  return bad(
    'unknown-stage',
    own === 0
      ? `expected --from to name a stage or an image, found the number ${from}`
      : `expected --from to be a stage from 0 to ${own - 1}, found ${from}`,
    own === 0 ? 'the first stage has none before it to copy from' : undefined,
  )
}

/** What `from` of a mount means: a stage by name (numbers are names of images here), or what FROM could mean. */
export const resolveMountFrom = (planning: Planning, from: string): LinkOutcome => {
  // The last stage of a name in the whole file, unlike in FROM.
  const stage = planning.stagesByName.get(from.toLowerCase())?.at(-1)
  return stage === undefined
    ? resolveOther(planning, from, planning.request.platform)
    : { kind: 'stage', index: stage }
}

const resolveOther = (planning: Planning, name: string, platform: Platform): LinkOutcome => {
  if (name === 'scratch') return { kind: 'scratch' }
  try {
    parseReference(name)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const near = suggest(name, stageNames(planning))
    return bad(
      'bad-reference',
      error.message,
      near ? `did you mean the stage ${near}?` : (error.hint ?? 'an image is NAME, NAME:TAG or NAME@DIGEST'),
    )
  }
  const context = findContext(planning, name, platform)
  return context ? { kind: 'context', ...context } : { kind: 'image', reference: name }
}

/** A stage that cannot be copied from because it is this one or comes later. */
export const laterStage = (from: string, own: number, later: number): PlanProblem =>
  later === own
    ? {
        code: 'dependency-cycle',
        message: `expected another stage in --from, found ${from}, which is this stage`,
        hint: 'name a stage above this one',
      }
    : {
        code: 'stage-not-before',
        message: `expected an earlier stage in --from, found ${from}, which comes later`,
        hint: 'move that stage above this one; stages cannot need each other',
      }

/** The stage to build, by name or number; the last by default. */
export const resolveTarget = (planning: Planning, target: string | undefined): Stage | undefined => {
  const { stages } = planning
  if (target === undefined || target === '') return stages.at(-1)
  const index =
    planning.stagesByName.get(target.toLowerCase())?.at(-1) ??
    (/^\d+$/.test(target) ? Number(target) : undefined)
  const found = index === undefined ? undefined : stages[index]
  if (found) return found
  const names = stages.map((stage) => stage.name ?? String(stage.index))
  const near = suggest(target, names)
  const shown = names.length > 20 ? `${names.slice(0, 20).join(', ')}, ...` : names.join(', ')
  return report(planning, undefined, {
    code: 'unknown-target',
    message: `expected --target to be one of ${shown}, found ${JSON.stringify(target)}`,
    hint: near ? `did you mean ${near}?` : undefined,
  })
}
