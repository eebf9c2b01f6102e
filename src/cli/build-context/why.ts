import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { openContextView, type PathDecision } from '../../engine/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { parseVerb, usage } from '../images/parse-verb.ts'
import { type Column, renderList } from '../render/list.ts'

interface Options {
  readonly context: string
  readonly file?: string
  readonly format?: string
}

/** `tsbuild context why [OPTIONS] PATH...` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('context why', argv, cli, (command) =>
    command
      .description('Show which line of which ignore file decides about a path')
      .argument('<path...>', 'as COPY has them, relative to the context; they need not exist')
      .option('-C, --context <dir>', 'the context', '.')
      .option('-f, --file <path>', 'the Dockerfile, whose own ignore file wins')
      .option('--format <format>', 'json, or a template such as {{.Path}} {{.State}} {{.Rule}}'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const directory = resolve(cli.cwd, options.context)
  const view = openContextView({ directory, file: options.file, cwd: cli.cwd })
  const rows = args.map((word) => fieldsOf(view.why(inContext(word, directory, cli))))
  cli.stdout.write(renderList(rows, columns, options.format))
  return 0
}

/** A path of the context, as COPY has them; or, if there is none, one that exists from where the user is. */
const inContext = (word: string, directory: string, { cwd }: CliContext): string => {
  const fromHere = resolve(cwd, word)
  if (existsSync(join(directory, resolve('/', word))) || !existsSync(fromHere))
    return resolve('/', word).slice(1)
  const path = relative(directory, fromHere)
  if (path === '..' || path.startsWith('../')) {
    throw usage('context why', `${word}: it is not in the context ${directory}`)
  }
  return path
}

const columns: readonly Column[] = [
  { header: 'PATH', field: 'Path' },
  { header: 'STATE', field: 'State' },
  { header: 'RULE', field: 'Rule' },
  { header: 'PATTERN', field: 'Pattern' },
  { header: 'MATCHES', field: 'Matches' },
]

const fieldsOf = (decision: PathDecision): Readonly<Record<string, string>> => {
  const { path, ignored, by, matched, exists } = decision
  return {
    Exists: String(exists),
    Matches: matched ?? '-',
    Path: path === '' ? '.' : path,
    Pattern: by?.pattern ?? '-',
    Rule: by === undefined ? 'none' : `${by.file}:${by.line}`,
    State: `${ignored ? 'ignored' : 'kept'}${exists ? '' : ' (missing)'}`,
  }
}
