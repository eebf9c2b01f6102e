import type { Command } from 'commander'
import { AppError, suggest } from '../foundation/errors/index.ts'
import type { CliContext } from './context.ts'
import { plainFlags } from './flag-forms.ts'
import { type DefineFlags, flagTable, readFlags } from './flag-table.ts'

export interface ParsedVerb<O extends object> {
  readonly options: O
  readonly args: readonly string[]
}

export interface ParseOptions {
  /** What follows the first word that is no option is a program's command line. */
  readonly stopAtOperand?: boolean
}

export interface VerbParser {
  /**
   * Parses `argv` as a verb of the program; commander is loaded only here. Undefined when help was asked for: it is printed then.
   * Throws `usage` with a suggestion for an option that does not exist.
   */
  parseVerb<O extends object>(
    name: string,
    argv: readonly string[],
    cli: CliContext,
    define: (command: Command) => Command,
    options?: ParseOptions,
  ): Promise<ParsedVerb<O> | undefined>
  /** The same of a verb that is called often: commander is loaded only for help and for wrong uses. */
  parseHotVerb<O extends object>(
    name: string,
    argv: readonly string[],
    cli: CliContext,
    define: DefineFlags,
    options?: ParseOptions,
  ): Promise<ParsedVerb<O> | undefined>
  /** Ends with the program's code for wrong uses, unless another is given. */
  usage(name: string, message: string, hint?: string, code?: number): AppError
}

/** How the verbs of one program are parsed: they differ in what docker gives their wrong uses as exit code, and in what -h is. */
export const verbParser = (program: {
  readonly name: 'tsbuild' | 'tsrun'
  readonly helpFlags: string
  readonly usageCode: number
  /** For too few or too many words behind the options. */
  readonly operandCode: number
  /** What to do without an option that another program's verb of that name has; asked only for one that does not exist. */
  readonly hintFor?: (verb: string, option: string) => Promise<string | undefined>
}): VerbParser => {
  const usage: VerbParser['usage'] = (name, message, hint = `see \`${program.name} ${name} --help\``, code) =>
    new AppError('usage', `${name}: ${message}`, { exitCode: code ?? program.usageCode, hint })

  const parser: VerbParser = {
    usage,
    async parseHotVerb<O extends object>(
      name: string,
      argv: readonly string[],
      cli: CliContext,
      define: DefineFlags,
      options: ParseOptions = {},
    ): Promise<ParsedVerb<O> | undefined> {
      const read = readFlags(define(flagTable()), argv, options.stopAtOperand === true)
      // As with commander's own `opts`, O is what the verb says of its options.
      if (read) return { options: read.options as O, args: read.args }
      return parser.parseVerb<O>(name, argv, cli, (command) => define(command), options)
    },
    async parseVerb<O extends object>(
      name: string,
      argv: readonly string[],
      cli: CliContext,
      define: (command: Command) => Command,
      options: ParseOptions = {},
    ): Promise<ParsedVerb<O> | undefined> {
      const commander = await import('commander')
      const command = define(new commander.Command(`${program.name} ${name}`))
        .helpOption(program.helpFlags, 'show this help')
        .exitOverride()
        .configureOutput({ writeOut: (text) => cli.stdout.write(text), writeErr: () => {} })
      try {
        command.parse([...plainFlags(argv, command, options.stopAtOperand === true)], { from: 'user' })
      } catch (error) {
        if (!(error instanceof commander.CommanderError)) throw error
        if (error.code === 'commander.helpDisplayed') return undefined
        const [first = ''] = error.message.replace(/^error: /, '').split('\n')
        const code = operandErrors.includes(error.code) ? program.operandCode : program.usageCode
        const unknown = unknownOption(first)
        const hint = unknown && ((await program.hintFor?.(name, unknown)) ?? nearOption(unknown, command))
        throw usage(name, first, hint, code)
      }
      return { options: command.opts<O>(), args: command.args }
    },
  }
  return parser
}

const operandErrors: readonly string[] = ['commander.missingArgument', 'commander.excessArguments']

const unknownOption = (message: string): string | undefined => /unknown option '([^'=]+)/.exec(message)?.[1]

const nearOption = (unknown: string, command: Command): string | undefined => {
  const near = suggest(
    unknown,
    command.options.flatMap((option) => option.long ?? []),
  )
  return near === undefined ? undefined : `did you mean ${near}?`
}

/** For options that may come several times. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
]
