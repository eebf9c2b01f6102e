import type { Diagnostic, Range } from '../../foundation/errors/index.ts'

export type EscapeCharacter = '\\' | '`'

/** A here-document of RUN, COPY or ADD. */
export interface Heredoc {
  /** Its delimiter, which COPY takes as the file's name. */
  readonly name: string
  /** The body as written, with its last newline. */
  readonly text: string
  /** False when the delimiter was quoted. */
  readonly expand: boolean
  /** `<<-`: leading tabs of every line are dropped. */
  readonly chomp: boolean
  /** Digits before `<<`, or ''. */
  readonly descriptor: string
}

/** What RUN, CMD, ENTRYPOINT, SHELL and HEALTHCHECK CMD hold. Never expanded here: the shell or nobody does it. */
export type CommandLine =
  | { readonly form: 'exec'; readonly args: readonly string[] }
  | { readonly form: 'shell'; readonly text: string }

export interface InstructionBase {
  readonly range: Range
  /** The instruction on one line: continuations joined, comments gone, keyword in upper case. */
  readonly text: string
}

export interface FromInstruction extends InstructionBase {
  readonly kind: 'from'
  /** Not yet expanded. */
  readonly image: string
  /** After AS, in lower case. */
  readonly stage?: string
  readonly platform?: string
  /** From a comment above it: `# NAME description`. */
  readonly description?: string
}

/** The value of one --mount flag, as written. */
export interface MountText {
  readonly text: string
  /** Of the flag. */
  readonly range: Range
}

export interface RunInstruction extends InstructionBase {
  readonly kind: 'run'
  readonly command: CommandLine
  readonly heredocs: readonly Heredoc[]
  /** Values of --mount, for parseMount. */
  readonly mounts: readonly MountText[]
  readonly network?: 'default' | 'none' | 'host'
  readonly security?: string
  readonly devices: readonly string[]
}

export interface CmdInstruction extends InstructionBase {
  readonly kind: 'cmd'
  readonly command: CommandLine
}

export interface EntrypointInstruction extends InstructionBase {
  readonly kind: 'entrypoint'
  readonly command: CommandLine
}

/** Unexpanded, quotes still in place. */
export interface NameValue {
  readonly name: string
  readonly value: string
}

export interface EnvInstruction extends InstructionBase {
  readonly kind: 'env'
  readonly pairs: readonly NameValue[]
}

export interface LabelInstruction extends InstructionBase {
  readonly kind: 'label'
  readonly pairs: readonly NameValue[]
}

export interface ArgDeclaration {
  readonly name: string
  /** Unexpanded, quotes still in place. */
  readonly value?: string
  /** From a comment above it: `# NAME description`. */
  readonly description?: string
}

export interface ArgInstruction extends InstructionBase {
  readonly kind: 'arg'
  readonly args: readonly ArgDeclaration[]
}

/** COPY and ADD. Paths are unexpanded. */
export interface CopyInstruction extends InstructionBase {
  readonly kind: 'copy' | 'add'
  /** In order; a heredoc is a file made on the spot. */
  readonly sources: readonly (string | Heredoc)[]
  readonly destination: string
  /** COPY --from, as written. */
  readonly from?: string
  readonly chown?: string
  readonly chmod?: string
  /** Accepted; layers never depend on what is below them anyway. */
  readonly link: boolean
  readonly parents: boolean
  readonly exclude: readonly string[]
  readonly checksum?: string
  readonly keepGitDir: boolean
  /** ADD --unpack, when said. */
  readonly unpack?: boolean
}

/** Instructions with words that are expanded when the plan is made. */
export interface WordsInstruction extends InstructionBase {
  readonly kind: 'expose' | 'volume'
  readonly words: readonly string[]
}

export interface WordInstruction extends InstructionBase {
  readonly kind: 'user' | 'workdir' | 'stopsignal' | 'maintainer'
  readonly word: string
}

export interface OnbuildInstruction extends InstructionBase {
  readonly kind: 'onbuild'
  /** The instruction to run later, with heredocs, as it goes into the image config. */
  readonly trigger: string
}

/** Durations in nanoseconds; 0 and absent mean docker's default. */
export interface HealthcheckInstruction extends InstructionBase {
  readonly kind: 'healthcheck'
  /** Undefined for NONE. */
  readonly command?: CommandLine
  readonly interval?: number
  readonly timeout?: number
  readonly startPeriod?: number
  readonly startInterval?: number
  readonly retries?: number
}

export interface ShellInstruction extends InstructionBase {
  readonly kind: 'shell'
  readonly args: readonly string[]
}

/** What can stand in a stage after its FROM. */
export type StageInstruction =
  | RunInstruction
  | CmdInstruction
  | EntrypointInstruction
  | EnvInstruction
  | LabelInstruction
  | ArgInstruction
  | CopyInstruction
  | WordsInstruction
  | WordInstruction
  | OnbuildInstruction
  | HealthcheckInstruction
  | ShellInstruction

export type Instruction = FromInstruction | StageInstruction

export interface Stage {
  /** Position in the file, from 0. */
  readonly index: number
  /** Lower case. */
  readonly name?: string
  readonly from: FromInstruction
  readonly instructions: readonly StageInstruction[]
}

export interface Directive {
  /** Lower case: `syntax`, `escape` or `check`. */
  readonly name: string
  readonly value: string
  readonly range: Range
}

/** What the `check` directive asks for. Names are those of rules, as written. */
export interface CheckOptions {
  readonly skip: 'all' | readonly string[]
  readonly experimental: 'all' | readonly string[]
  /** Violations end the build. */
  readonly error: boolean
}

/** A Dockerfile as data: plain JSON, so it can be stored under the digest of its text. */
export interface ParsedDockerfile {
  /** As the user would type it. */
  readonly file: string
  readonly escape: EscapeCharacter
  readonly directives: readonly Directive[]
  /** The `check` directive, when there is one that can be read. */
  readonly check?: CheckOptions
  /** ARGs before the first FROM. */
  readonly globalArgs: readonly ArgInstruction[]
  readonly stages: readonly Stage[]
  /** All of them, in file order. With one of severity `error` the stages are incomplete. */
  readonly diagnostics: readonly Diagnostic[]
}
