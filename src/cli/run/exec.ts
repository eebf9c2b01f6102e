import type { Command } from 'commander'
import { detachKeysOf, execInNamed, openStore } from '../../engine/index.ts'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { parseEnvironment } from './parse-env.ts'
import { collect, parseVerb } from './parse-verb.ts'

interface Options {
  readonly detach?: boolean
  readonly interactive?: boolean
  readonly tty?: boolean
  readonly env?: readonly string[]
  readonly envFile?: readonly string[]
  readonly user?: string
  readonly workdir?: string
  readonly privileged?: boolean
  readonly detachKeys?: string
}

/** `tsrun exec [OPTIONS] CONTAINER COMMAND [ARG...]` */
export const run: RunVerb = async (argv, cli) => {
  const define = (command: Command): Command =>
    command
      .description('Run a command in a running container')
      .argument('<container>', 'name or id')
      .argument('<command...>', 'program and arguments')
      .passThroughOptions()
      .option('-d, --detach', 'do not wait for the end')
      .option('-i, --interactive', 'pass standard input on')
      .option('-t, --tty', 'give the command a terminal')
      .option('-e, --env <name=value>', 'set a variable (repeatable)', collect)
      .option('--env-file <path>', 'set variables from a file (repeatable)', collect)
      .option('-u, --user <user>', 'USER or UID, with :GROUP or :GID')
      .option('-w, --workdir <path>', 'working directory')
      .option('--privileged', 'all capabilities, no filter')
      .option('--detach-keys <keys>', 'keys that leave it in the background (default: ctrl-p,ctrl-q)')
  const parsed = await parseVerb<Options>('exec', argv, cli, define, { stopAtOperand: true })
  if (!parsed) return 0
  const { options, args } = parsed
  const [word = '', ...command] = args
  if (options.tty && options.interactive && !options.detach && !cli.stdin.isTTY) {
    throw new AppError('no-terminal', 'attach a terminal: standard input is none', {
      exitCode: exitCode.failed,
      hint: 'leave -t out when input comes from a pipe or a file',
    })
  }
  const result = await execInNamed(openStore({ root: cli.root }), word, {
    command,
    env: parseEnvironment(cli, options.envFile ?? [], options.env ?? []),
    ...(options.user === undefined ? {} : { user: options.user }),
    ...(options.workdir === undefined ? {} : { workdir: options.workdir }),
    privileged: options.privileged ?? false,
    terminal: options.tty ?? false,
    interactive: options.interactive ?? false,
    detached: options.detach ?? false,
    detachKeys: detachKeysOf(options.detachKeys),
  })
  if (result.detached) cli.stderr.write('read escape sequence\n')
  if (result.message !== undefined) cli.stderr.write(`tsrun: error: ${result.message}\n`)
  return result.code
}
