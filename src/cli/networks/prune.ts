import { networkCases } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { confirm } from '../render/confirm.ts'
import { parseNetworkFilters } from './filters.ts'
import { collect, parseVerb } from './parse-verb.ts'

interface Options {
  readonly filter?: readonly string[]
  readonly force?: boolean
}

const question = 'This removes all networks that no running container is on.\nContinue? [y/N] '

/** `tsrun network prune [OPTIONS]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('network prune', argv, cli, (command) =>
    command
      .description('Remove networks that no running container is on')
      .option('--filter <filter>', 'label=, label!=, until= (repeatable)', collect)
      .option('-f, --force', 'do not ask'),
  )
  if (!parsed) return 0
  const { force = false, filter = [] } = parsed.options
  const matches = parseNetworkFilters('network prune', filter, ['label', 'label!', 'until'], cli.now())
  if (!force && !confirm(question, cli)) return 0
  const { pruneNetworks } = await networkCases()
  const names = await pruneNetworks(cli, (record) => matches({ record, unused: true }))
  if (names.length > 0) cli.stdout.write(`Deleted Networks:\n${names.map((name) => `${name}\n`).join('')}\n`)
  return 0
}
