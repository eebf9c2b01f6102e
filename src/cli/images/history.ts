import { type HistoryRow, imageHistory, openStore, requireImage } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { humanSince, humanSize, plainTime, shortId } from '../render/human.ts'
import { type Column, renderList } from '../render/list.ts'
import { parseVerb } from './parse-verb.ts'

interface Options {
  readonly quiet?: boolean
  readonly trunc: boolean
  readonly human: boolean
  readonly format?: string
}

/** `tsbuild history [OPTIONS] IMAGE` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('history', argv, cli, (command) =>
    command
      .description('Show how an image was made')
      .argument('<image>', 'name or id')
      .option('-q, --quiet', 'print only ids')
      .option('--no-trunc', 'print whole ids and instructions')
      .option('-H, --human', 'print sizes and times for people', true)
      .option('--no-human', 'print bytes and exact times')
      .option('--format <format>', 'json, or a template such as {{.CreatedBy}}'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const store = openStore({ root: cli.root })
  const rows = imageHistory(store.snapshots, requireImage(store.images, args[0] ?? ''))
  const fields = rows.map((row) => fieldsOf(row, options, cli.now()))
  cli.stdout.write(
    options.quiet ? fields.map((row) => `${row.ID}\n`).join('') : renderList(fields, columns, options.format),
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

interface Fields extends Readonly<Record<string, string>> {
  readonly ID: string
}

/** The members of docker's `--format json`. */
const fieldsOf = (row: HistoryRow, options: Options, now: number): Fields => ({
  Comment: row.comment,
  CreatedAt: plainTime(row.created),
  CreatedBy: options.trunc ? shorten(row.createdBy, 45) : row.createdBy,
  CreatedSince: options.human ? humanSince(row.created, now) : (row.created ?? 'N/A'),
  ID: row.id === undefined ? '<missing>' : options.trunc ? shortId(row.id) : row.id,
  Size: options.human ? humanSize(row.size) : String(row.size),
})

const shorten = (text: string, width: number): string => {
  const characters = [...text.replaceAll('\t', ' ')]
  return characters.length <= width ? characters.join('') : `${characters.slice(0, width - 1).join('')}…`
}
