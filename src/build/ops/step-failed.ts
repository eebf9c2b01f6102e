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
    readonly lastLines: readonly string[]
  }) {
    const how = facts.oomKilled
      ? 'it ran out of memory and was killed'
      : facts.signal === undefined
        ? `exit code ${facts.code}`
        : `killed by signal ${facts.signal} (exit code ${facts.code})`
    const hint = hintFor(facts.code, facts.oomKilled === true)
    super('step-failed', `run ${facts.step}: ${how}`, {
      exitCode: facts.code === 0 ? 1 : facts.code,
      ...(hint === undefined ? {} : { hint }),
    })
    this.step = facts.step
    this.source = facts.source
    this.lastLines = facts.lastLines
  }
}

const hintFor = (code: number, oomKilled: boolean): string | undefined => {
  if (oomKilled) return 'raise the memory limit of the build, or lower what the command uses'
  if (code === 127)
    return 'a command was not found in the image: is its package installed in this stage, and is it on PATH?'
  if (code === 126)
    return 'a command could not be executed: is it a program or script with the executable bit, for this architecture?'
  return undefined
}
