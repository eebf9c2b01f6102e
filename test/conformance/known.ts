/** A difference that is meant; the reason is told in docs/differences-from-docker.md under the same id. */
export interface KnownDifference {
  readonly id: string
  /** AREA/NAME, and the step counted from 1. */
  readonly sequence: string
  readonly at: number
  readonly fields: readonly ('code' | 'stdout' | 'stderr')[]
}

export const known: readonly KnownDifference[] = []
