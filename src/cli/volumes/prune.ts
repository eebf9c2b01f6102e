import { volumeCases } from '../../engine/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { confirm } from '../render/confirm.ts'
import { humanSize } from '../render/human.ts'
import { booleanOf } from '../value-forms.ts'
import { parseVolumeFilters } from './filters.ts'
import { collect, parseVerb } from './parse-verb.ts'

interface Options {
  readonly all?: boolean
  readonly filter?: readonly string[]
  readonly force?: boolean
}

/** `tsrun volume prune [OPTIONS]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('volume prune', argv, cli, (command) =>
    command
      .description('Remove anonymous volumes that no container uses')
      .option('-a, --all', 'also those with a name')
      .option('--filter <filter>', 'all=, label=, label!= (repeatable)', collect)
      .option('-f, --force', 'do not ask'),
  )
  if (!parsed) return 0
  const { force = false, filter = [] } = parsed.options
  const all = (parsed.options.all ?? false) || filter.some(asksForAll)
  const matches = parseVolumeFilters(
    'volume prune',
    filter.filter((word) => !word.startsWith('all=')),
    ['label', 'label!'],
  )
  if (!force && !agreed(all, cli)) return 0
  const { pruneVolumes } = await volumeCases()
  const { names, reclaimed } = await pruneVolumes(
    cli.root,
    (volume) => (all || volume.anonymous) && matches({ volume, users: [] }),
  )
  const list = names.length === 0 ? '' : `Deleted Volumes:\n${names.map((name) => `${name}\n`).join('')}\n`
  cli.stdout.write(`${list}Total reclaimed space: ${humanSize(reclaimed)}\n`)
  return 0
}

const asksForAll = (filter: string): boolean =>
  filter.startsWith('all=') && booleanOf(filter.slice('all='.length)) === true

const agreed = (all: boolean, cli: CliContext): boolean =>
  confirm(
    `This removes ${all ? 'all volumes' : 'anonymous volumes'} that no container uses.\nContinue? [y/N] `,
    cli,
  )
