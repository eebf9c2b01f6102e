import { AppError, exitCode, firstFailure, suggest } from '../foundation/errors/index.ts'
import { ownProcess } from '../foundation/sys/index.ts'
import type { CliContext, RunVerb } from './context.ts'
import { renderFailure } from './fail.ts'
import { processContext } from './process-context.ts'

declare const TSBUILD_VERSION: string

/** A program: its verbs, each loaded only when it is the one. */
export interface Program {
  readonly name: 'tsbuild' | 'tsrun'
  readonly verbs: Readonly<Record<string, () => Promise<RunVerb>>>
  /** What a first word that is no verb belongs to. */
  readonly defaultVerb: string
  help(): Promise<string>
  /** Before a verb is run that is not only asked for its help. */
  ready?(cli: CliContext): Promise<void>
  /** Exit code of a failure where it is not only the error's; `code` is that. */
  failureCode?(verb: string, error: unknown, code: number): Promise<number>
}

/** Runs the process's command line and sets its exit code. The only place that does. */
export const runProgram = async (program: Program): Promise<void> => {
  ownProcess()
  const { root, argv } = takeGlobals(process.argv.slice(2))
  try {
    process.exitCode = await dispatch(program, argv, processContext(root === undefined ? {} : { root }))
  } catch (error) {
    const { toldOfOtherProgram } = await import('./other-program.ts')
    const failure = renderFailure(toldOfOtherProgram(program.name, argv[0], error), {
      program: program.name,
      debug: process.env['TSBUILD_DEBUG'] === '1',
    })
    process.stderr.write(failure.text)
    const verb = program.verbs[argv[0] ?? ''] ? (argv[0] ?? '') : program.defaultVerb
    const { exitCode: code } = failure
    process.exitCode = (await program.failureCode?.(verb, firstFailure(error), code)) ?? code
  }
}

const dispatch = async (program: Program, argv: readonly string[], cli: CliContext): Promise<number> => {
  const [first, ...rest] = argv
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    cli.stdout.write(await program.help())
    return first === undefined ? exitCode.usage : exitCode.ok
  }
  if (first === '--version' || first === '-v' || first === 'version') {
    cli.stdout.write(`${program.name} ${TSBUILD_VERSION}\n`)
    return exitCode.ok
  }
  if (!argv.includes('--help')) await program.ready?.(cli)
  const verb = program.verbs[first]
  if (verb) return (await verb())(rest, cli)
  const fallback = program.verbs[program.defaultVerb]
  if (!fallback)
    throw new AppError('usage', `${program.name}: unknown command ${first}`, { exitCode: exitCode.usage })
  return (await fallback())(argv, cli)
}

/** `--root DIR` may stand before the verb; after it, it is the verb's own option. */
const takeGlobals = (
  argv: readonly string[],
): { readonly root?: string; readonly argv: readonly string[] } => {
  const [first, second, ...rest] = argv
  if (first === '--root' && second !== undefined) return { root: second, argv: rest }
  if (first?.startsWith('--root=')) return { root: first.slice('--root='.length), argv: argv.slice(1) }
  return { argv }
}

/** The verb nearest to a mistyped word, for hints. */
export const nearVerb = (program: Pick<Program, 'verbs'>, word: string): string | undefined =>
  suggest(word, Object.keys(program.verbs))
