import { type ImageRow, listImages, openStore } from '../../engine/index.ts'
import { familiarName } from '../../foundation/oci/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { humanSince, humanSize, plainTime, shortId } from '../render/human.ts'
import { type Column, renderList } from '../render/list.ts'
import { parseFilters } from './filters.ts'
import { collect, parseHotVerb, usage } from './parse-verb.ts'

interface Options {
  readonly quiet?: boolean
  readonly trunc: boolean
  readonly digests?: boolean
  readonly tree?: boolean
  readonly filter?: readonly string[]
  readonly format?: string
}

/** `tsbuild images [OPTIONS] [REPOSITORY[:TAG]]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseHotVerb<Options>('images', argv, cli, (command) =>
    command
      .description('List the images in the store')
      .argument('[repository]', 'only images of this name')
      .option('-a, --all', 'accepted: there are no hidden images')
      .option('-q, --quiet', 'print only ids')
      .option('--no-trunc', 'print whole ids')
      .option('--digests', 'show the digests of the manifests')
      .option('--tree', 'show the platforms of each image')
      .option(
        '-f, --filter <filter>',
        'before=, dangling=, label=, reference=, since=, until= (repeatable)',
        collect,
      )
      .option('--format <format>', 'json, or a template such as {{.Repository}}:{{.Tag}}'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const filters = new Map(parseFilters('images', options.filter))
  if (args[0] !== undefined) filters.set('reference', [...(filters.get('reference') ?? []), args[0]])
  if (options.tree && (options.quiet || options.trunc === false || options.digests || options.format))
    throw usage('images', '--tree stands alone', 'leave out -q, --no-trunc, --digests and --format')
  const store = openStore({ root: cli.root, onlyShown: true })
  const rows = listImages(store, filters, cli.now())
  const text = options.tree ? (await import('./tree.ts')).renderTree(store, rows) : render(rows, options, cli)
  cli.stdout.write(text)
  return 0
}

const render = (rows: readonly ImageRow[], options: Options, cli: CliContext): string => {
  if (options.quiet && options.format === undefined) {
    const ids = new Set(rows.map((row) => (options.trunc ? shortId(row.id) : row.id)))
    return [...ids].map((id) => `${id}\n`).join('')
  }
  const fields = rows.map((row) => fieldsOf(row, options, cli.now()))
  return renderList(fields, options.digests ? withDigests : columns, options.format)
}

const columns: readonly Column[] = [
  { header: 'REPOSITORY', field: 'Repository' },
  { header: 'TAG', field: 'Tag' },
  { header: 'IMAGE ID', field: 'ID' },
  { header: 'CREATED', field: 'CreatedSince' },
  { header: 'SIZE', field: 'Size' },
]
const withDigests: readonly Column[] = [
  ...columns.slice(0, 2),
  { header: 'DIGEST', field: 'Digest' },
  ...columns.slice(2),
]

/** The members of docker's `--format json`. */
const fieldsOf = (row: ImageRow, options: Options, now: number): Readonly<Record<string, string>> => ({
  Containers: 'N/A',
  CreatedAt: plainTime(row.created),
  CreatedSince: humanSince(row.created, now),
  Digest: (row.index?.descriptor ?? row.image.manifest).digest,
  ID: options.trunc ? shortId(row.id) : row.id,
  Repository: row.name ? familiarName(row.name) : '<none>',
  SharedSize: 'N/A',
  Size: humanSize(row.size),
  Tag: row.name?.tag ?? '<none>',
  UniqueSize: 'N/A',
  VirtualSize: humanSize(row.size),
})
