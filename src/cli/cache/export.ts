import { cacheCases, openStore } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { collect, parseVerb } from '../images/parse-verb.ts'
import { interruptible } from '../interrupt.ts'
import { printable } from '../render/printable.ts'
import { wishOf } from './address.ts'

/** `tsbuild cache export [--id ID] PLACE` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<{ readonly id?: readonly string[] }>('cache export', argv, cli, (command) =>
    command
      .description('Write cache mounts to a registry (NAME) or a directory (a path with / or . in front)')
      .argument('<place>', 'NAME[:TAG], ./DIR or /DIR')
      .option('--id <id>', 'only this cache (repeatable)', collect),
  )
  if (!parsed) return 0
  using interrupt = interruptible()
  const { exportMounts } = await cacheCases()
  const wish = await wishOf(parsed.args[0], parsed.options.id, cli)
  const written = await exportMounts(openStore({ root: cli.root }), wish, {
    env: cli.env,
    signal: interrupt.signal,
  })
  for (const { id } of written) cli.stdout.write(`exported ${printable(id)}\n`)
  return 0
}
