import { cacheCases, openStore } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { collect, parseVerb } from '../images/parse-verb.ts'
import { interruptible } from '../interrupt.ts'
import { printable } from '../render/printable.ts'
import { wishOf } from './address.ts'

interface Options {
  readonly id?: readonly string[]
  readonly replace?: boolean
}

/** `tsbuild cache import [--id ID] [--replace] PLACE` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('cache import', argv, cli, (command) =>
    command
      .description('Make cache mounts of what `tsbuild cache export` has written')
      .argument('<place>', 'NAME[:TAG|@DIGEST], ./DIR or /DIR')
      .option('--id <id>', 'only this cache (repeatable)', collect)
      .option('--replace', 'in the place of caches that are there and not in use'),
  )
  if (!parsed) return 0
  using interrupt = interruptible()
  const { importMounts } = await cacheCases()
  const { id, replace = false } = parsed.options
  const wish = { ...(await wishOf(parsed.args[0], id, cli)), replace }
  const done = await importMounts(openStore({ root: cli.root }), wish, {
    env: cli.env,
    signal: interrupt.signal,
  })
  for (const { name, isTaken } of done)
    cli.stdout.write(`${isTaken ? 'imported' : 'kept'} ${printable(name.id)}\n`)
  return 0
}
