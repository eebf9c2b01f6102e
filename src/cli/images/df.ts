import { imageUsersIn, openStore, storeUsage, type UsageRow, volumeCases } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { humanSize } from '../render/human.ts'
import { type Column, renderList } from '../render/list.ts'
import { parseVerb } from './parse-verb.ts'

interface Options {
  readonly format?: string
  readonly verbose?: boolean
}

/** `tsbuild df [OPTIONS]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('df', argv, cli, (command) =>
    command
      .description('Show what the store uses')
      .option('-v, --verbose', 'every image, volume and part of the build cache, and what keeps it')
      .option('--format <format>', 'json, or a template such as {{.Type}} {{.Size}}'),
  )
  if (!parsed) return 0
  const { format, verbose = false } = parsed.options
  const store = openStore({ root: cli.root, onlyShown: true })
  if (verbose) {
    const { showDetails } = await import('./df-details.ts')
    await showDetails(store, cli, format)
    return 0
  }
  const { volumeUsage } = await volumeCases()
  const rows = [...storeUsage(store, imageUsersIn(store.root)), await volumeUsage(store.root)].map(fieldsOf)
  cli.stdout.write(renderList(rows, columns, format))
  return 0
}

const columns: readonly Column[] = [
  { header: 'TYPE', field: 'Type' },
  { header: 'TOTAL', field: 'TotalCount' },
  { header: 'ACTIVE', field: 'Active' },
  { header: 'SIZE', field: 'Size' },
  { header: 'RECLAIMABLE', field: 'Reclaimable' },
]

const fieldsOf = (row: UsageRow): Readonly<Record<string, string>> => ({
  Type: row.type,
  TotalCount: String(row.total),
  Active: String(row.active),
  Size: humanSize(row.size),
  Reclaimable: humanSize(row.reclaimable) + percent(row),
})

const percent = ({ size, reclaimable }: UsageRow): string =>
  size > 0 ? ` (${Math.floor((reclaimable / size) * 100)}%)` : ''
