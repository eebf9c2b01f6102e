import type { Random } from '../chaos/random.ts'

/** One reader of bytes from outside, and what must hold whatever it is given. */
export interface Target {
  readonly name: string
  /** Where everything begins: honest inputs, and the attacks that are known. */
  readonly seeds: () => readonly Buffer[]
  /** Pieces that a mutation puts in. */
  readonly words: readonly (string | Buffer)[]
  /** A mutation of this target's own; undefined when it does not apply. */
  readonly mutate?: (input: Buffer, random: Random) => Buffer | undefined
  /** Puts right what would be refused before anything interesting is read: checksums. */
  readonly mend?: (input: Buffer) => Buffer
  /**
   * Reads the input. The result says in a few words what came out, so that inputs that lead somewhere new can be told. Refusals
   * are thrown `AppError`s; what must not be is thrown as `Violation`.
   */
  readonly read: (input: Buffer) => readonly string[] | Promise<readonly string[]>
}

/** Something that must hold does not. */
export class Violation extends Error {}

/** Throws a `Violation` unless `holds`. */
export const must = (holds: boolean, what: string): void => {
  if (!holds) throw new Violation(what)
}
