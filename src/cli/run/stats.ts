import { setTimeout as sleep } from 'node:timers/promises'
import { type ContainerStore, openContainerStore, shortContainerId } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { interruptible } from '../interrupt.ts'
import { type Column, renderList } from '../render/list.ts'
import { parseVerb } from './parse-verb.ts'
import { type Asked, sampleAll, statsFields } from './stats-fields.ts'

interface Options {
  readonly all?: boolean
  readonly stream: boolean
  readonly trunc: boolean
  readonly format?: string
}

/** Milliseconds between two looks; shares of CPU time are measured over this. */
const period = 1000

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
  const chosen = args.length > 0 ? named(store, args) : () => present(store, options.all === true)
  using interrupt = interruptible()
  const show = options.stream && cli.stdout.isTTY ? inPlace : (text: string) => text
  let before = sampleAll(chosen())
  while (!interrupt.signal.aborted) {
    await sleep(period, undefined, { signal: interrupt.signal }).catch(() => undefined)
    const now = sampleAll(chosen())
    const rows = [...now].map(([id, sample]) => statsFields(sample, before.get(id), options.trunc))
    cli.stdout.write(show(renderList(rows, columns, options.format)))
    if (!options.stream) break
    before = now
  }
  return 0
}

/** Cursor home, every line to its end, and nothing below: the last table is written over without a flicker. */
const inPlace = (text: string): string => `\u001b[H${text.replaceAll('\n', '\u001b[K\n')}\u001b[J`

const present = (store: ContainerStore, all: boolean): readonly Asked[] =>
  store
    .list()
    .filter(({ status }) => all || status.kind === 'running')
    .map((container) => ({ container, word: shortContainerId(container.record.id), gone: false }))

/** Those that were named stay in the table when they are removed. Throws `no-such-container`. */
const named = (store: ContainerStore, words: readonly string[]): (() => readonly Asked[]) => {
  const found = words.map((word) => ({ word, container: store.find(word) }))
  return () => {
    const present = new Map(store.list().map((container) => [container.record.id, container]))
    return found.map(({ word, container }) => {
      const now = present.get(container.record.id)
      return { word, container: now ?? container, gone: now === undefined }
    })
  }
}
