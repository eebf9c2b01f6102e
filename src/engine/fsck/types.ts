import type { CountChecked, Finding } from '../../foundation/errors/index.ts'

export interface VerifyOptions {
  /** Names, records and forms only: no blob is hashed and no tree is read. */
  readonly quick?: boolean
  /** Drop or remake what is wrong. */
  readonly repair?: boolean
  /**
   * Brings an image, by `REGISTRY/REPOSITORY@DIGEST`, into the store again: asked for those that were pulled, have a name, and are
   * not whole. Without it they are dropped.
   */
  readonly refetch?: (name: string) => Promise<void>
  /** Told of each step as it ends. */
  readonly onStep?: (step: CheckedStep) => void
}

/** One step of the check and what it found. */
export interface CheckedStep {
  /** `blobs`, `layers`, `images` ... */
  readonly name: string
  /** How many things were looked at. */
  readonly checked: number
  /** Bytes read to tell whether they are right. */
  readonly bytes: number
  readonly findings: readonly CheckedFinding[]
}

export interface CheckedFinding {
  readonly what: string
  readonly problem: string
  readonly severity: Finding['severity']
  /** What the repair did; absent when nothing was done. */
  readonly repaired?: string
}

export interface StoreReport {
  readonly steps: readonly CheckedStep[]
  /** Things lost or false that are still so. */
  readonly damaged: number
  /** What only takes space and is still there. */
  readonly leftovers: number
  readonly repaired: number
}

/** A named step. Its findings are repaired, when that is asked for, before the next one is looked for. */
export interface CheckStep {
  readonly name: string
  run(count: CountChecked): Iterable<Finding> | AsyncIterable<Finding>
}
