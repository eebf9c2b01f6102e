import { setTimeout as sleep } from 'node:timers/promises'
import { type Container, openContainerStore } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { interruptible } from '../interrupt.ts'
import { type Column, renderList } from '../render/list.ts'
import { parseVerb } from './parse-verb.ts'
import { type Samples, sampleAll, statsFields } from './stats-fields.ts'

interface Options {
  readonly all?: boolean
  readonly stream: boolean
  readonly trunc: boolean
  readonly format?: string
}

/** Milliseconds between two looks; shares of CPU time are measured over this. */
const period = 1000

/** Cursor home, then clear. */
const clearScreen = '\u001b[H\u001b[2J'

const columns: readonly Column[] = [
  { header: 'CONTAINER ID', field: 'ID' },
  { header: 'NAME', field: 'Name' },
  { header: 'CPU %', field: 'CPUPerc' },
  { header: 'MEM USAGE / LIMIT', field: 'MemUsage' },
  { header: 'MEM %', field: 'MemPerc' },
  { header: 'NET I/O', field: 'NetIO' },
  { header: 'BLOCK I/O', field: 'BlockIO' },
  { header: 'PIDS', field: 'PIDs' },
]

/** `tsrun stats [OPTIONS] [CONTAINER...]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('stats', argv, cli, (command) =>
    command
      .description('Show what containers use: CPU, memory, network, disk')
      .argument('[container...]', 'names or ids (default: all that run)')
      .option('-a, --all', 'also those that do not run')
      .option('--no-stream', 'look once')
      .option('--no-trunc', 'print whole ids')
      .option('--format <format>', 'json, or a template such as {{.Name}} {{.CPUPerc}}'),
  )
  if (!parsed) return 0
  const { options, args } = parsed
  const store = openContainerStore(cli.root)
  const chosen = (): readonly Container[] =>
    args.length > 0
      ? args.map((word) => store.find(word))
      : store.list().filter(({ status }) => options.all === true || status.kind === 'running')
  using interrupt = interruptible()
  const clear = options.stream && cli.stdout.isTTY && options.format === undefined ? clearScreen : ''
  let before: Samples = sampleAll(chosen())
  while (!interrupt.signal.aborted) {
    await sleep(period, undefined, { signal: interrupt.signal }).catch(() => undefined)
    const now = sampleAll(chosen())
    const rows = [...now].map(([id, sample]) => statsFields(sample, before.get(id), options.trunc))
    cli.stdout.write(clear + renderList(rows, columns, options.format))
    if (!options.stream) break
    before = now
  }
  return 0
}
