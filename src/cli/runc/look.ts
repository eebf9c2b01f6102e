import { listRecords, readRecord, stateOf, statusOf } from '../../runtime/oci-runtime/index.ts'
import type { RuncVerb } from './context.ts'
import { onlyId, parseFlags, usage } from './flags.ts'

/** `tsrunc state ID` */
export const state: RuncVerb = async (argv, { root, cli }) => {
  const record = readRecord(root, onlyId(parseFlags(argv, {})))
  cli.stdout.write(`${JSON.stringify(stateOf(record, statusOf(root, record)), null, 2)}\n`)
  return 0
}

/** `tsrunc list [--quiet] [--format json]` */
export const list: RuncVerb = async (argv, { root, cli }) => {
  const flags = parseFlags(argv, {
    switches: ['quiet'],
    values: ['format'],
    short: { q: 'quiet', f: 'format' },
  })
  const states = listRecords(root).map((record) => stateOf(record, statusOf(root, record)))
  const format = flags.value('format') ?? 'table'
  if (flags.has('quiet')) cli.stdout.write(states.map(({ id }) => `${id}\n`).join(''))
  else if (format === 'json') cli.stdout.write(`${JSON.stringify(states)}\n`)
  else if (format === 'table') {
    const rows = states.map((one) => [
      one.id,
      String(one.pid),
      one.status,
      one.bundle,
      one.created ?? '',
      one.owner ?? '',
    ])
    cli.stdout.write(table([['ID', 'PID', 'STATUS', 'BUNDLE', 'CREATED', 'OWNER'], ...rows]))
  } else throw usage(`flag --format: expected table or json, found ${format}`)
  return 0
}

const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)))
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd((widths[i] ?? 0) + 3))
          .join('')
          .trimEnd()}\n`,
    )
    .join('')
}
