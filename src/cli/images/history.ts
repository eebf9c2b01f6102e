import { type HistoryRow, imageHistory, openStore, requireImage } from '../../engine/index.ts'
import { parsePlatform } from '../../foundation/oci/index.ts'
import type { RunVerb } from '../context.ts'
import { humanSince, humanSize, shortId } from '../render/human.ts'
import { type Column, renderList } from '../render/list.ts'
import { parseVerb } from './parse-verb.ts'

interface Options {
  readonly quiet?: boolean
  readonly trunc: boolean
  readonly human: boolean
  readonly format?: string
  readonly platform?: string
}

/** `tsbuild history [OPTIONS] IMAGE` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('history', argv.map(notHuman), cli, (command) =>
    command
      .description('Show how an image was made')
      .argument('<image>', 'name or id')
      .option('-q, --quiet', 'print only ids')
      .option('--no-trunc', 'print whole ids and instructions')
      .option('-H, --human', 'print sizes and times for people', true)
      .option('--no-human', 'print bytes and exact times')
      .option('--platform <os/arch>', 'which image of an index')
      .option('--format <format>', 'json, or a template such as {{.CreatedBy}}'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const platform = options.platform === undefined ? undefined : parsePlatform(options.platform)
  const store = openStore({ root: cli.root })
  const rows = imageHistory(store.snapshots, requireImage(store.images, args[0] ?? '', platform))
  const fields = rows.map((row) => fieldsOf(row, options, cli.now()))
  cli.stdout.write(
    options.quiet
      ? fields.map((row) => `${row.ID}\n`).join('')
      : renderList(fields, options.human ? columns : exactColumns, options.format),
  )
  return 0
}

const columns: readonly Column[] = [
  { header: 'IMAGE', field: 'ID' },
  { header: 'CREATED', field: 'CreatedSince' },
  { header: 'CREATED BY', field: 'CreatedBy' },
  { header: 'SIZE', field: 'Size' },
  { header: 'COMMENT', field: 'Comment' },
]

const exactColumns: readonly Column[] = columns.map((column) =>
  column.field === 'CreatedSince' ? { header: 'CREATED AT', field: 'CreatedAt' } : column,
)

/** docker's form of the switch turned off. */
const notHuman = (word: string): string =>
  /^(?:-H|--human)=(?:0|f|false)$/i.test(word) ? '--no-human' : word

interface Fields extends Readonly<Record<string, string>> {
  readonly ID: string
}

/** The members of docker's `--format json`. */
const fieldsOf = (row: HistoryRow, options: Options, now: number): Fields => ({
  Comment: row.comment,
  CreatedAt: exactTime(row.created),
  CreatedBy: options.trunc ? shorten(row.createdBy, 45) : row.createdBy,
  CreatedSince: options.human ? humanSince(row.created, now) : (row.created ?? 'N/A'),
  ID: row.id === undefined ? '<missing>' : options.trunc ? shortId(row.id) : row.id,
  Size: options.human ? humanSize(row.size) : String(row.size),
})

const shorten = (text: string, width: number): string => {
  const characters = [...text.replaceAll('\t', ' ')]
  return characters.length <= width ? characters.join('') : `${characters.slice(0, width - 1).join('')}…`
}

/** RFC 3339 in whole seconds. */
const exactTime = (created: string | undefined): string => {
  const at = created === undefined ? Number.NaN : Date.parse(created)
  return Number.isNaN(at) ? 'N/A' : `${new Date(at).toISOString().slice(0, 19)}Z`
}
