import type { Ended } from './world.ts'

export type Program = 'tsbuild' | 'tsrun'

/** One command that a worker may give. */
export interface Operation {
  readonly program: Program
  readonly args: readonly string[]
  /** How often it is chosen, beside the others. */
  readonly weight: number
  /** Errors that are right, since others remove and prune at the same time. */
  readonly allowed: RegExp
  /** Done before it is given. */
  readonly prepare?: () => void
  /** Variables besides the usual ones. */
  readonly env?: Readonly<Record<string, string>>
  /** Run as bin/tsrun runs it: below the process that takes containers over, which is then the one that is killed. */
  readonly byFront?: boolean
}

export type MakeOperation = (
  program: Program,
  weight: number,
  args: readonly string[],
  allowed?: RegExp,
) => Operation

/** Somebody removed what this needed. */
export const gone =
  /is not in the store|Unable to find image|no such container|made from it|has the names|is running from it|not in the store, or not whole|has no file system|in this store: layer/

/** No error is right. */
export const none = /(?!)/

export const operation: MakeOperation = (program, weight, args, allowed = none) => ({
  program,
  args,
  weight,
  allowed,
})

/** What is wrong with how a command ended that nobody killed. */
export const surpriseOf = (
  { program, args, allowed }: Pick<Operation, 'program' | 'args' | 'allowed'>,
  ended: Ended,
): string | undefined => {
  if (ended.killed || ended.code === 0) return undefined
  if (ended.code !== 70 && allowed.test(ended.stderr)) return undefined
  return `${program} ${args.join(' ')}: exit code ${ended.code}\n${ended.stderr.trim()}`
}
