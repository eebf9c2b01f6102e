import { cacheCases, openStore } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { parseVerb } from '../images/parse-verb.ts'
import { humanSince, humanSize } from '../render/human.ts'
import { type Column, renderList } from '../render/list.ts'
import { printable } from '../render/printable.ts'

interface Options {
  readonly format?: string
  readonly quiet?: boolean
}

/** `tsbuild cache ls [OPTIONS]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('cache ls', argv, cli, (command) =>
    command
      .description('List cache mounts')
      .option('--format <format>', 'json, or a template such as {{.ID}} {{.Size}}')
      .option('-q, --quiet', 'print only ids'),
  )
  if (!parsed) return 0
  const { format, quiet = false } = parsed.options
  const found = (await cacheCases()).listMounts(openStore({ root: cli.root }))
  const rows = found.map(({ id, inUse, lastUsed, size }) => ({
    ID: printable(id),
    Size: humanSize(size),
    LastUsed: humanSince(new Date(lastUsed).toISOString(), cli.now()),
    InUse: String(inUse),
  }))
  cli.stdout.write(
    quiet && format === undefined
      ? rows.map(({ ID }) => `${ID}\n`).join('')
      : renderList(rows, columns, format),
  )
  return 0
}

const columns: readonly Column[] = [
  { header: 'ID', field: 'ID' },
  { header: 'SIZE', field: 'Size' },
  { header: 'LAST USED', field: 'LastUsed' },
  { header: 'IN USE', field: 'InUse' },
]
