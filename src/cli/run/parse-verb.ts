import type { Command } from 'commander'
import { AppError, exitCode, suggest } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'

/** A verb's command line, parsed: `O` as commander names the options, and the words that are no options. */
export interface ParsedVerb<O> {
  readonly options: Readonly<O>
  readonly args: readonly string[]
}

/**
 * Parses `argv` as `tsrun NAME`. Undefined when help was asked for: it is printed then. Throws `usage` (exit code 125,
 * as docker) with a suggestion for an option that does not exist.
 */
export const parseVerb = async <O extends object>(
  name: string,
  argv: readonly string[],
  cli: CliContext,
  define: (command: Command) => Command,
): Promise<ParsedVerb<O> | undefined> => {
  const commander = await import('commander')
  const command = define(new commander.Command(`tsrun ${name}`))
    // -h is a host name in some verbs and nothing in docker's others.
    .helpOption('--help', 'show this help')
    .exitOverride()
    .configureOutput({ writeOut: (text) => cli.stdout.write(text), writeErr: () => {} })
  try {
    command.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof commander.CommanderError)) throw error
    if (error.code === 'commander.helpDisplayed') return undefined
    throw unclear(name, error.message, command)
  }
  return { options: command.opts<O>(), args: command.args }
}

/** A command line that means nothing. */
export const usage = (name: string, message: string, hint = `see \`tsrun ${name} --help\``): AppError =>
  new AppError('usage', `${name}: ${message}`, { exitCode: exitCode.engine, hint })

const unclear = (name: string, message: string, command: Command): AppError => {
  const [first = ''] = message.replace(/^error: /, '').split('\n')
  const unknown = /unknown option '([^']+)'/.exec(first)?.[1]
  const near =
    unknown === undefined
      ? undefined
      : suggest(
          unknown.split('=', 1)[0] ?? unknown,
          command.options.flatMap((option) => option.long ?? []),
        )
  return usage(name, first, near === undefined ? undefined : `did you mean ${near}?`)
}

/** For commander's repeatable options. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
]
