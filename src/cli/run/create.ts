import type { Command } from 'commander'
import { createFromImage, openStore } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { claimCidfile } from './cidfile.ts'
import { parseVerb, usage } from './parse-verb.ts'
import { withPull } from './pull-first.ts'
import { defineRunFlags, type RunFlags } from './run-flags.ts'
import { toRunWish } from './run-options.ts'

/** `tsrun create [OPTIONS] IMAGE [COMMAND] [ARG...]` */
export const run: RunVerb = async (argv, cli) => {
  const define = (command: Command): Command =>
    defineRunFlags(command.description('Create a container without starting it'))
  const parsed = await parseVerb<RunFlags>('create', argv, cli, define, { stopAtOperand: true })
  if (!parsed) return 0
  const [image = '', ...command] = parsed.args
  if (parsed.options.preserveFds !== undefined)
    throw usage('create', '--preserve-fds: only for run', 'descriptors are there while a command runs')
  const { options, mounts } = toRunWish(parsed.options, command, cli)
  using cidfile = claimCidfile(parsed.options, cli)
  const container = await withPull(
    { verb: 'create', image, flags: parsed.options, platform: options.platform },
    cli,
    () =>
      createFromImage(
        openStore({ root: cli.root }),
        image,
        { ...options, mounts },
        { runRoot: cli.runRoot, now: cli.now },
      ),
  )
  cidfile?.write(container.record.id)
  cli.stdout.write(`${container.record.id}\n`)
  return 0
}
