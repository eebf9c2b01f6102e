import { known } from './known.ts'
import type { Answer, Difference, Sequence } from './types.ts'

const fields = ['code', 'stdout', 'stderr'] as const

/** In what two programs' answers to a sequence differ. */
export const findDifferences = (
  { area, name }: Sequence,
  docker: readonly Answer[],
  ours: readonly Answer[],
): readonly Difference[] =>
  docker.flatMap((theirs, index) => {
    const mine = ours[index]
    return fields
      .filter((field) => theirs[field] !== mine?.[field])
      .map((field) => ({
        sequence: `${area}/${name}`,
        at: index + 1,
        step: theirs.step,
        field,
        docker: JSON.stringify(theirs[field]),
        ours: JSON.stringify(mine?.[field]),
      }))
  })

/** What justifies a difference. */
const reasonOf = ({ sequence, at, field }: Difference): string | undefined =>
  known.find((one) => one.sequence === sequence && one.steps.includes(at) && one.fields.includes(field))?.id

/** How our answers stand to docker's. */
export interface Verdict {
  readonly unjustified: readonly Difference[]
  /** Names of what justifies the other differences. */
  readonly justified: readonly string[]
  /** Names of known differences that are none any more. */
  readonly stale: readonly string[]
}

/** Compares, and says which differences are meant. */
export const judge = (sequence: Sequence, docker: readonly Answer[], ours: readonly Answer[]): Verdict => {
  const found = findDifferences(sequence, docker, ours)
  const stale = known.filter(
    (one) =>
      one.sequence === `${sequence.area}/${sequence.name}` &&
      !found.some(({ at, field }) => one.steps.includes(at) && one.fields.includes(field)),
  )
  return {
    unjustified: found.filter((difference) => !reasonOf(difference)),
    justified: [...new Set(found.flatMap((difference) => reasonOf(difference) ?? []))],
    stale: stale.map(({ id, steps }) => `${id} (${steps.join(', ')})`),
  }
}

export const formatDifference = ({ sequence, at, step, field, docker, ours }: Difference): string =>
  `${sequence}, step ${at}, ${field}: ${step}\n    docker ${docker}\n    tsrun  ${ours}`
