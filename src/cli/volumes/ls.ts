import { type UsedVolume, volumeCases } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { type Column, type Row, renderList } from '../render/list.ts'
import { printableLine } from '../render/printable.ts'
import { parseVolumeFilters } from './filters.ts'
import { collect, parseVerb } from './parse-verb.ts'

interface Options {
  readonly filter?: readonly string[]
  readonly format?: string
  readonly quiet?: boolean
}

/** `tsrun volume ls [OPTIONS]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('volume ls', argv, cli, (command) =>
    command
      .description('List volumes')
      .option('-f, --filter <filter>', 'dangling=, driver=, label=, name= (repeatable)', collect)
      .option('--format <format>', 'json, or a template such as {{.Name}} {{.Mountpoint}}')
      .option('-q, --quiet', 'print only names'),
  )
  if (!parsed) return 0
  const { filter = [], format, quiet = false } = parsed.options
  const matches = parseVolumeFilters('volume ls', filter, ['dangling', 'driver', 'label', 'name'])
  const { damagedVolumes, listVolumes } = await volumeCases()
  const found = (await listVolumes(cli.root)).filter(matches)
  for (const name of damagedVolumes(cli.root))
    cli.stderr.write(
      `tsrun: warning: volume ${printableLine(name)} is damaged: its record cannot be read; tsrun volume rm -f removes it\n`,
    )
  cli.stdout.write(
    quiet && format === undefined
      ? found.map(({ volume }) => `${volume.name}\n`).join('')
      : renderList(found.map(fieldsOf), columns, format),
  )
  return 0
}

const columns: readonly Column[] = [
  { header: 'DRIVER', field: 'Driver' },
  { header: 'VOLUME NAME', field: 'Name' },
]

/** The members of docker's `--format json`. */
const fieldsOf = ({ volume }: UsedVolume): Row => ({
  Availability: 'N/A',
  Driver: 'local',
  Group: 'N/A',
  Label: (name) => (Object.hasOwn(volume.labels, name) ? (volume.labels[name] ?? '') : ''),
  Labels: Object.entries(volume.labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(','),
  Links: 'N/A',
  Mountpoint: volume.mountpoint,
  Name: volume.name,
  Scope: 'local',
  Size: 'N/A',
  Status: 'N/A',
})
