import { type NetworkRecord, networkCases } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { plainTime } from '../render/human.ts'
import { type Column, renderList } from '../render/list.ts'
import { parseNetworkFilters } from './filters.ts'
import { collect, parseVerb } from './parse-verb.ts'

interface Options {
  readonly filter?: readonly string[]
  readonly format?: string
  readonly quiet?: boolean
  readonly trunc: boolean
}

/** `tsrun network ls [OPTIONS]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('network ls', argv, cli, (command) =>
    command
      .description('List networks')
      .option(
        '-f, --filter <filter>',
        'dangling=, driver=, id=, label=, name=, scope=, type= (repeatable)',
        collect,
      )
      .option('--format <format>', 'json, or a template such as {{.Name}} {{.Driver}}')
      .option('--no-trunc', 'print whole ids')
      .option('-q, --quiet', 'print only ids'),
  )
  if (!parsed) return 0
  const { filter = [], format, quiet = false, trunc } = parsed.options
  const keys = ['dangling', 'driver', 'id', 'label', 'name', 'scope', 'type']
  const matches = parseNetworkFilters('network ls', filter, keys, cli.now())
  const { listNetworks, networkMembers } = await networkCases()
  const members = filter.some((word) => word.startsWith('dangling=')) ? networkMembers(cli) : new Map()
  const found = listNetworks(cli).filter((record) => matches({ record, unused: !members.has(record.id) }))
  const idOf = ({ id }: NetworkRecord): string => (trunc ? id.slice(0, 12) : id)
  cli.stdout.write(
    quiet && format === undefined
      ? found.map((record) => `${idOf(record)}\n`).join('')
      : renderList(
          found.map((record) => fieldsOf(record, idOf(record))),
          columns,
          format,
        ),
  )
  return 0
}

const columns: readonly Column[] = [
  { header: 'NETWORK ID', field: 'ID' },
  { header: 'NAME', field: 'Name' },
  { header: 'DRIVER', field: 'Driver' },
  { header: 'SCOPE', field: 'Scope' },
]

/** The members of docker's `--format json`. */
const fieldsOf = (record: NetworkRecord, id: string): Readonly<Record<string, string>> => ({
  CreatedAt: plainTime(record.created),
  Driver: record.driver,
  ID: id,
  IPv4: String(record.ipv4),
  IPv6: String(record.ipv6),
  Internal: String(record.internal),
  Labels: Object.entries(record.labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(','),
  Name: record.name,
  Scope: 'local',
})
