import { resolve } from 'node:path'
import { type ContextUsage, contextUsage, openContextView } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { parseVerb, usage } from '../images/parse-verb.ts'
import { humanSize } from '../render/human.ts'
import { type Column, renderList } from '../render/list.ts'

interface Options {
  readonly file?: string
  readonly depth: string
  readonly format?: string
}

/** `tsbuild context du [OPTIONS] [DIR]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('context du', argv, cli, (command) =>
    command
      .description('Show how big a build context is, by directory, and what its ignore file saves')
      .argument('[dir]', 'the context (default: the working directory)')
      .option('-f, --file <path>', 'the Dockerfile, whose own ignore file wins')
      .option('-d, --depth <n>', 'levels of directories to show', '1')
      .option('--format <format>', 'json, or a template such as {{.Path}} {{.Bytes}}'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  if (!/^\d{1,4}$/.test(options.depth)) throw usage('context du', '--depth: expected a whole number')
  const directory = resolve(cli.cwd, args[0] ?? '.')
  const view = openContextView({ directory, file: options.file, cwd: cli.cwd })
  const { rows, total } = contextUsage(view, Number(options.depth))
  const lines = [...rows.map((row) => fieldsOf(row, pathOf(row))), fieldsOf(total, 'total')]
  cli.stdout.write(renderList(lines, columns, options.format))
  return 0
}

const pathOf = ({ directory }: ContextUsage): string => (directory === '' ? '.' : `${directory}/`)

const columns: readonly Column[] = [
  { header: 'SIZE', field: 'Size' },
  { header: 'FILES', field: 'Files' },
  { header: 'IGNORED', field: 'Ignored' },
  { header: 'PATH', field: 'Path' },
]

const fieldsOf = (row: ContextUsage, path: string): Readonly<Record<string, string>> => ({
  Bytes: String(row.bytes),
  Files: String(row.files),
  Ignored: humanSize(row.ignoredBytes),
  IgnoredBytes: String(row.ignoredBytes),
  IgnoredFiles: String(row.ignoredFiles),
  Path: path,
  Size: humanSize(row.bytes),
})
