import { detachKeysOf, openStore, run as runImage } from '../../engine/index.ts'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import type { FlagCommand } from '../flag-table.ts'
import { printableLine } from '../render/printable.ts'
import { claimCidfile } from './cidfile.ts'
import { asEngineFailure } from './engine-failure.ts'
import { forwardSignals, receiverOf } from './forward-signals.ts'
import { frontOf } from './front.ts'
import { given } from './given.ts'
import { parseSwitch } from './parse-values.ts'
import { parseHotVerb } from './parse-verb.ts'
import { preservedDescriptors } from './preserved-descriptors.ts'
import { withPull } from './pull-first.ts'
import { recipeWishOf } from './recipe-wish.ts'
import { defineRunFlags, type RunFlags } from './run-flags.ts'
import { toRunWish } from './run-options.ts'

/** `tsrun [run] [OPTIONS] IMAGE [COMMAND] [ARG...]` */
export const run: RunVerb = async (argv, cli) => {
  const define = <C extends FlagCommand>(command: C): C =>
    defineRunFlags(command.description('Create a container of an image and start it'))
  const parsed = await parseHotVerb<RunFlags>('run', argv, cli, define, { stopAtOperand: true })
  if (!parsed) return 0
  const { options: flags, args } = parsed
  const [image = '', ...command] = args
  const detached = flags.detach ?? false
  const { options, mounts } = toRunWish(flags, command, cli)
  requireTerminal(flags, detached, cli)
  const detachKeys = detachKeysOf(flags.detachKeys)
  const preserved = preservedDescriptors(flags.preserveFds, frontOf(cli))
  const proxy = parseSwitch('run', '--sig-proxy', flags.sigProxy)
  using cidfile = claimCidfile(flags, cli)
  let created: string | undefined
  using signals = detached ? undefined : forwardSignals()
  // At its end, Node gives a terminal the modes back that it had at the start; with -t the monitor has made it raw.
  const front = proxy && !flags.tty ? frontOf(cli) : undefined
  const started = withPull({ verb: 'run', image, flags, platform: options.platform }, cli, () =>
    runImage(
      openStore({ root: cli.root }),
      image,
      {
        ...options,
        mounts,
        detached,
        onCreated: ({ record }) => {
          created = record.id
          cidfile?.write(record.id)
        },
      },
      {
        runRoot: cli.runRoot,
        now: cli.now,
        detachKeys,
        ...given('outputs', options.attach),
        ...given('front', front),
        preserved,
        ...given(
          'recipe',
          front === undefined ? undefined : recipeWishOf(flags, cli, process.argv.slice(2), command),
        ),
      },
    ),
  )
  const { container, launched } = await asEngineFailure(started).finally(() => {
    // Docker tells it also when the container cannot be started.
    if (detached && created !== undefined) cli.stdout.write(`${created}\n`)
  })
  for (const warning of launched.warnings) cli.stderr.write(`tsrun: warning: ${printableLine(warning)}\n`)
  if (detached) return 0
  signals?.to(receiverOf(launched, container, cli, proxy))
  return await launched.ended
}

const requireTerminal = ({ tty, interactive }: RunFlags, detached: boolean, cli: CliContext): void => {
  if (!tty || !interactive || detached || cli.stdin.isTTY) return
  throw new AppError('no-terminal', 'attach a terminal: standard input is none', {
    exitCode: exitCode.failed,
    hint: 'leave -t out when input comes from a pipe or a file',
  })
}
