import { AppError, type Range, suggest } from '../../foundation/errors/index.ts'
import { parseReference } from '../../foundation/oci/index.ts'
import type { Stage } from '../dockerfile/index.ts'
import { type Planning, report } from './planning.ts'

export type Link =
  | { readonly kind: 'stage'; readonly index: number }
  | { readonly kind: 'image'; readonly reference: string; readonly near?: string }

/** The latest stage before `before` with that name, in any case. */
const stageBefore = (stages: readonly Stage[], name: string, before: number): Stage | undefined =>
  stages.findLast((stage) => stage.index < before && stage.name === name.toLowerCase())

const namesOf = (stages: readonly Stage[]): readonly string[] => stages.flatMap((stage) => stage.name ?? [])

/** What `COPY --from` in stage `own` means: an earlier stage by name or number, or an image. Undefined after a report. */
export const resolveCopyFrom = (
  planning: Planning,
  from: string,
  own: number,
  range: Range,
): Link | undefined => {
  const { stages } = planning
  if (from.includes('$'))
    return report(planning, range, {
      code: 'variable-in-from',
      message: `expected the name of a stage or image in --from, found the variable ${from}`,
      hint: 'variables are not expanded here: add a stage "FROM ... AS name" that uses it, and copy from that stage',
    })
  const number = /^\d+$/.test(from) ? Number(from) : undefined
  const earlier = number === undefined ? stageBefore(stages, from, own) : stages[number]
  if (earlier && earlier.index < own) return { kind: 'stage', index: earlier.index }
  const later = earlier ?? stages.find((stage) => stage.name === from.toLowerCase())
  if (later) return reportNotBefore(planning, from, own, later.index, range)
  if (number !== undefined)
    return report(planning, range, {
      code: 'unknown-stage',
      message: `expected --from to be a stage from 0 to ${own - 1}, found ${from}`,
      hint: own === 0 ? 'the first stage has none before it to copy from' : undefined,
    })
  return imageLink(planning, from, range)
}

const reportNotBefore = (
  planning: Planning,
  from: string,
  own: number,
  later: number,
  range: Range,
): undefined => {
  const cycle = later === own
  return report(planning, range, {
    code: cycle ? 'dependency-cycle' : 'stage-not-before',
    message: cycle
      ? `expected another stage in --from, found ${from}, which is this stage`
      : `expected an earlier stage in --from, found ${from}, which comes later`,
    hint: cycle
      ? 'name a stage above this one'
      : 'move that stage above this one; stages cannot need each other',
  })
}

/** A name that is no stage is an image's, if it can be one. */
export const imageLink = (planning: Planning, reference: string, range: Range): Link | undefined => {
  const near = suggest(reference, namesOf(planning.stages))
  try {
    parseReference(reference)
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return report(planning, range, {
      code: 'bad-reference',
      message: error.message,
      hint: near ? `did you mean the stage ${near}?` : error.hint,
    })
  }
  return { kind: 'image', reference, ...(near === undefined ? {} : { near }) }
}

/** What FROM means: an earlier stage by name, or an image. */
export const resolveBase = (
  planning: Planning,
  image: string,
  own: number,
  range: Range,
): Link | undefined => {
  const stage = stageBefore(planning.stages, image, own)
  return stage ? { kind: 'stage', index: stage.index } : imageLink(planning, image, range)
}

/** The stage to build, by name or number; the last by default. */
export const resolveTarget = (planning: Planning, target: string | undefined): Stage | undefined => {
  const { stages } = planning
  if (target === undefined || target === '') return stages.at(-1)
  const found =
    stages.findLast((stage) => stage.name === target.toLowerCase()) ??
    (/^\d+$/.test(target) ? stages[Number(target)] : undefined)
  if (found) return found
  const names = stages.map((stage) => stage.name ?? String(stage.index))
  const near = suggest(target, names)
  return report(planning, undefined, {
    code: 'unknown-target',
    message: `expected --target to be one of ${names.join(', ')}, found ${JSON.stringify(target)}`,
    hint: near ? `did you mean ${near}?` : undefined,
  })
}
