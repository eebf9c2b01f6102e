import { AppError, type Range } from '../../foundation/errors/index.ts'

export interface StepSource {
  readonly file: string
  readonly range: Range
  readonly instruction: string
}

/** A RUN command that ended with another code than 0. The program ends with the same code. */
export class StepFailed extends AppError<'step-failed'> {
  readonly step: string
  readonly source: StepSource | undefined
  /** The last lines of its output, oldest first. */
  readonly lastLines: readonly string[]

  constructor(facts: {
    readonly step: string
    readonly source?: StepSource | undefined
    readonly code: number
    readonly signal?: number | undefined
    readonly oomKilled?: boolean | undefined
    /** Bytes, when the step had a limit. */
    readonly memoryLimit?: number
    readonly lastLines: readonly string[]
  }) {
    const how = facts.oomKilled
      ? outOfMemory(facts.memoryLimit)
      : facts.signal === undefined
        ? `exit code ${facts.code}`
        : `killed by signal ${facts.signal} (exit code ${facts.code})`
    const hint = facts.oomKilled ? memoryHint(facts.memoryLimit) : hintFor(facts.code)
    super('step-failed', `run ${facts.step}: ${how}`, {
      exitCode: facts.code === 0 ? 1 : facts.code,
      ...(hint === undefined ? {} : { hint }),
    })
    this.step = facts.step
    this.source = facts.source
    this.lastLines = facts.lastLines
  }
}

const outOfMemory = (limit: number | undefined): string =>
  `it ran out of memory and was killed${limit === undefined ? '' : `; its limit is ${Math.floor(limit / (1 << 20))} MiB`}`

const memoryHint = (limit: number | undefined): string =>
  limit === undefined
    ? 'a limit above this build was hit, of the machine or of a cgroup around it: lower what the command uses'
    : 'raise it with --memory, or lower what the command uses (fewer jobs at the same time)'

const hintFor = (code: number): string | undefined => {
  if (code === 127)
    return 'a command was not found in the image: is its package installed in this stage, and is it on PATH?'
  if (code === 126)
    return 'a command could not be executed: is it a program or script with the executable bit, for this architecture?'
  return undefined
}
