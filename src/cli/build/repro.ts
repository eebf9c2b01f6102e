import { openStore, type ReproReport, reproCases } from '../../engine/index.ts'
import type { CliContext, RunVerb } from '../context.ts'
import { usage } from '../images/parse-verb.ts'
import { interruptible } from '../interrupt.ts'
import { chooseView } from '../progress/choose.ts'
import { printableJson, printableLine } from '../render/printable.ts'
import { parseBuildCommand } from './options.ts'
import { openInputs } from './run.ts'
import { toBuildOptions } from './to-options.ts'

/**
 * `tsbuild repro [--format json] [build options] CONTEXT`: builds twice and says what is different and why. Ends with 0 when nothing is,
 * else with 1.
 */
export const run: RunVerb = async (argv, cli) => {
  const { format, words } = withoutFormat(argv)
  const command = await parseBuildCommand(words, cli)
  if (!command) return 0
  const store = openStore({ root: cli.root })
  const view = await chooseView(command.progress, cli)
  using interrupt = interruptible()
  const { signal } = interrupt
  const { now, runRoot, env } = cli
  const context = { events: view.events, signal, now, runRoot, env }
  const { reproduce } = await reproCases()
  let report: ReproReport
  try {
    using inputs = await openInputs(store, command, cli, context)
    report = await reproduce(store, toBuildOptions(command, inputs), context)
  } finally {
    view.close()
  }
  if (format === 'json') cli.stdout.write(`${printableJson(report, 2)}\n`)
  else show(report, cli)
  return report.equal ? 0 : 1
}

/** `--format json` is this verb's own; the other words are those of a build. */
const withoutFormat = (
  argv: readonly string[],
): { readonly format?: string; readonly words: readonly string[] } => {
  const at = argv.findIndex((word) => word === '--format' || word.startsWith('--format='))
  if (at < 0) return { words: argv }
  const [word = ''] = argv.slice(at)
  const isJoined = word.includes('=')
  const format = isJoined ? word.slice('--format='.length) : argv[at + 1]
  if (format !== 'json') throw usage('repro', `--format ${format ?? ''}: expected json`)
  return { format, words: argv.toSpliced(at, isJoined ? 1 : 2) }
}

const names: Readonly<Record<ReproReport['files'][number]['cause'], string>> = {
  mtime: 'time of the file',
  metadata: 'mode, owner or attributes',
  presence: 'only in one of them',
  date: 'embedded date',
  order: 'order of lines',
  host: 'hostname',
  path: 'path',
  pid: 'process id or counter',
  random: 'random, or unknown',
}

const show = (report: ReproReport, { stdout }: CliContext): void => {
  const [first, second] = report.images
  if (report.equal) {
    stdout.write(`Both builds gave ${first}\n`)
    return
  }
  stdout.write(`The builds gave ${first}\n            and ${second}\n`)
  if (report.step !== undefined) stdout.write(`First step that differs: ${printableLine(report.step)}\n`)
  for (const { path, aspects, cause, sample } of report.files) {
    const what = aspects.length > 0 ? `${aspects.join(', ')}: ` : ''
    const example = sample ? ` (${sample.map((text) => JSON.stringify(text)).join(' and ')})` : ''
    stdout.write(`  ${printableLine(`${path}  ${what}${names[cause]}${example}`)}\n`)
  }
  for (const { member, before, after } of report.config)
    stdout.write(
      `  config ${printableLine(`${member}: ${JSON.stringify(before)} and ${JSON.stringify(after)}`)}\n`,
    )
  for (const hint of Object.values(report.hints)) stdout.write(`hint: ${hint}\n`)
}
