/** Commands that are given one after another to a program, as a script would. */
export interface Sequence {
  /** Name of the file without its ending. */
  readonly area: string
  readonly name: string
  readonly steps: readonly string[]
}

/** What a script sees of one step. Of standard error it sees whether there is any: words are each program's own. */
export interface Answer {
  readonly step: string
  readonly code: number
  /** Settled: what is another in every run has a name. */
  readonly stdout: string
  readonly stderr: boolean
}

/** One of the two that are compared. */
export interface Runner {
  readonly name: string
  /** Command line of the program in a directory: verbs are put behind it. */
  argv(cwd: string): readonly string[]
  /** The same of the program that has the verbs of images. */
  imagesArgv(cwd: string): readonly string[]
}

/** One thing in which the answers to a step differ. */
export interface Difference {
  /** AREA/NAME */
  readonly sequence: string
  /** Counted from 1. */
  readonly at: number
  readonly step: string
  readonly field: 'code' | 'stdout' | 'stderr'
  readonly docker: string
  readonly ours: string
}
