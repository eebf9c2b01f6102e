import type { Command } from 'commander'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'

/** A verb's command line, parsed: `O` as commander names the options, and the words that are no options. */
export interface ParsedVerb<O> {
  readonly options: Readonly<O>
  readonly args: readonly string[]
}

/**
 * Parses `argv` as `tsbuild NAME`; commander is loaded only here. Undefined when help was asked for: it is printed then.
 * Throws `usage` with commander's own message and suggestion.
 */
export const parseVerb = async <O extends object>(
  name: string,
  argv: readonly string[],
  cli: CliContext,
  define: (command: Command) => Command,
): Promise<ParsedVerb<O> | undefined> => {
  const commander = await import('commander')
  const command = define(new commander.Command(`tsbuild ${name}`))
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .configureOutput({ writeOut: (text) => cli.stdout.write(text), writeErr: () => {} })
  try {
    command.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof commander.CommanderError)) throw error
    if (error.code === 'commander.helpDisplayed') return undefined
    throw usage(name, error.message)
  }
  return { options: command.opts<O>(), args: command.args }
}

/** A command line that means nothing. */
export const usage = (name: string, message: string, hint = `see \`tsbuild ${name} --help\``): AppError => {
  const [first = '', suggestion] = message.replace(/^error: /, '').split('\n')
  return new AppError('usage', `${name}: ${first}`, {
    exitCode: exitCode.usage,
    hint: suggestion ? suggestion.replace(/^\(|\)$/g, '') : hint,
  })
}

/** For commander's repeatable options. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
]
