import { openStore } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { collect, parseVerb, usage } from '../images/parse-verb.ts'
import { humanSize } from '../render/human.ts'
import { printable } from '../render/printable.ts'
import { durationOf } from '../value-forms.ts'

interface Options {
  readonly id?: readonly string[]
  readonly unusedFor?: string
}

/** `tsbuild cache prune [--id ID] [--unused-for DURATION]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('cache prune', argv, cli, (command) =>
    command
      .description('Remove cache mounts that no step uses')
      .option('--id <id>', 'only this cache (repeatable)', collect)
      .option('--unused-for <duration>', 'only those that were not used for so long: 24h'),
  )
  if (!parsed) return 0
  const { id: ids, unusedFor } = parsed.options
  const unused = unusedFor === undefined ? undefined : durationOf(unusedFor)
  if (unusedFor !== undefined && unused === undefined)
    throw usage('cache prune', `--unused-for ${unusedFor}: expected a duration such as 24h`)
  const since = unused === undefined ? {} : { unusedSince: cli.now() - unused / 1e6 }
  const { cacheMounts, snapshots } = openStore({ root: cli.root })
  let freed = 0
  for (const which of ids ? ids.map((id) => ({ id, ...since })) : [since]) {
    for (const { id, size } of await cacheMounts.prune(which)) {
      cli.stdout.write(`removed ${printable(id)}\n`)
      freed += size
    }
  }
  snapshots.emptyTrash()
  cli.stdout.write(`Total reclaimed space: ${humanSize(freed)}\n`)
  return 0
}
