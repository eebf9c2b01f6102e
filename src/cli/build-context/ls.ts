import { resolve } from 'node:path'
import { type IgnoredEntry, openContextView } from '../../engine/index.ts'
import type { TreeEntry } from '../../foundation/filetree/index.ts'
import type { RunVerb } from '../context.ts'
import { parseVerb } from '../images/parse-verb.ts'
import { humanSize } from '../render/human.ts'
import { type Column, renderList } from '../render/list.ts'
import { shownPath } from './shown-path.ts'

interface Options {
  readonly file?: string
  readonly ignored?: boolean
  readonly format?: string
}

/** `tsbuild context ls [OPTIONS] [DIR]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('context ls', argv, cli, (command) =>
    command
      .description('List what a build can copy from a directory')
      .argument('[dir]', 'the context (default: the working directory)')
      .option('-f, --file <path>', 'the Dockerfile, whose own ignore file wins')
      .option('--ignored', 'list what the ignore file leaves out, and by which line')
      .option('--format <format>', 'json, or a template such as {{.Path}} {{.Bytes}}'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const directory = resolve(cli.cwd, args[0] ?? '.')
  const view = openContextView({ directory, file: options.file, cwd: cli.cwd })
  const text = options.ignored
    ? renderList([...view.ignored()].map(ignoredFields), ignoredColumns, options.format)
    : renderList([...view.entries()].map(fieldsOf), columns, options.format)
  cli.stdout.write(text)
  return 0
}

const columns: readonly Column[] = [
  { header: 'SIZE', field: 'Size' },
  { header: 'PATH', field: 'Path' },
]

const ignoredColumns: readonly Column[] = [
  { header: 'SIZE', field: 'Size' },
  { header: 'FILES', field: 'Files' },
  { header: 'RULE', field: 'Rule' },
  { header: 'PATTERN', field: 'Pattern' },
  { header: 'PATH', field: 'Path' },
]

const fieldsOf = (entry: TreeEntry): Readonly<Record<string, string>> => ({
  Bytes: String(entry.size),
  Mode: entry.mode.toString(8).padStart(4, '0'),
  Path: shownPath(entry),
  Size: entry.type === 'file' ? humanSize(entry.size) : '-',
  Type: entry.type,
})

const ignoredFields = ({ entry, files, bytes, by }: IgnoredEntry): Readonly<Record<string, string>> => ({
  Bytes: String(bytes),
  Files: String(files),
  Path: shownPath(entry),
  Pattern: by?.pattern ?? '',
  Rule: by === undefined ? '' : `${by.file}:${by.line}`,
  Size: humanSize(bytes),
  Type: entry.type,
})
