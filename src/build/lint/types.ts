import type { Diagnostic, Range, TextEdit } from '../../foundation/errors/index.ts'
import type { Platform } from '../../foundation/oci/index.ts'
import type { Instruction, ParsedDockerfile } from '../dockerfile/index.ts'

/** What is known of a check besides its message. */
export interface Rule {
  readonly name: string
  readonly description: string
  /** Address of its explanation, or a path below the root of this project. */
  readonly url?: string
  /** Runs only when the file or the caller asks for it. */
  readonly experimental?: true
  /** Not one of BuildKit's: reported by `--check` only. */
  readonly own?: true
  /** When BuildKit finds it: findings are listed in this order. */
  readonly phase: number
}

/** `# check=skip=A,B;error=true;experimental=all`, or BUILDKIT_DOCKERFILE_CHECK in its place. */
export interface CheckSettings {
  readonly skip: 'all' | ReadonlySet<string>
  readonly experimental: 'all' | ReadonlySet<string>
  /** Findings end a build. */
  readonly error: boolean
}

/** What decides which stages are looked at, and what their FROM lines mean. */
export interface StageRequest {
  readonly dockerfile: ParsedDockerfile
  /** Name or number of a stage. */
  readonly target?: string | undefined
  readonly buildArgs: Readonly<Record<string, string>>
  readonly platform: Platform
}

export interface LintRequest extends StageRequest {
  /** Text of the Dockerfile. */
  readonly text: string
  /** Look at every stage, also at those that the target does not need: `--check` without a target. */
  readonly allStages?: boolean
  /** Run the checks that BuildKit does not have too. */
  readonly own?: boolean
  /** Warnings of the planner and of whoever looked at the context. Those that are named like a check are treated like one. */
  readonly others?: readonly Diagnostic[]
}

export interface LintResult {
  /** Severity `warning`, code: name of the rule. In the order in which BuildKit lists them. */
  readonly findings: readonly Diagnostic[]
  /** Those of `others` that are no checks. */
  readonly rest: readonly Diagnostic[]
  readonly settings: CheckSettings
  /** What is wrong with the settings themselves. */
  readonly problem?: Diagnostic
}

export interface FindingDetails {
  /** Default: the instruction. */
  readonly range?: Range
  readonly hint?: string
  readonly fix?: readonly TextEdit[] | undefined
  /** The instruction that brings it to light, when it is another one than that which it is about. */
  readonly foundAt?: Instruction
}

/** Takes one finding about an instruction. */
export type Report = (
  name: string,
  instruction: Instruction,
  message: string,
  details?: FindingDetails,
) => void

/** An instruction and what the parser leaves out of it. */
export interface SourceInstruction {
  readonly instruction: Instruction
  /** As written. */
  readonly keyword: string
  /** The lines after `#` above it, since the last instruction or the last empty comment. */
  readonly comments: readonly string[]
  /** Line numbers (from 1) of blank lines within it that are no part of a here-document. */
  readonly blankLines: readonly number[]
  /** Last line before its here-documents. */
  readonly lastOwnLine: number
}

export interface SourceStage {
  readonly index: number
  readonly from: SourceInstruction
  readonly instructions: readonly SourceInstruction[]
}

/** A parsed file together with its lines. */
export interface Source {
  readonly dockerfile: ParsedDockerfile
  readonly lines: readonly string[]
  readonly globalArgs: readonly SourceInstruction[]
  readonly stages: readonly SourceStage[]
}
