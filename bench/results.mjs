// Raw results: one JSON file, in which each row remembers when and how it was measured.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { rows } from './works.mjs'

const version = 1

/** What the figures of one run have in common. */
export const machine = () => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / (1 << 30)),
  kernel: release(),
  node: process.version,
})

/** One minute's load, with one digit. */
export const load = () => Number(loadavg()[0].toFixed(1))

/** {version, rows: {ID: row}} or, of sizes, {version, curves: {ID: curve}}; `empty` when the file is not there. */
export const readResults = (file, empty) => {
  if (empty && !existsSync(file)) return { version, ...empty }
  const results = JSON.parse(readFileSync(file, 'utf8'))
  if (results.version !== version)
    throw new Error(`${file} has layout version ${results.version}; this program reads ${version}`)
  return results
}

/** Throws when the file has rows of another kind of machine: beside each other they would mean nothing. */
export const refuseOtherMachine = (file) => {
  const here = machine()
  for (const [id, row] of Object.entries(readResults(file, { rows: {} }).rows))
    for (const what of ['cpu', 'cores', 'memoryGiB'])
      if (row.machine[what] !== here[what])
        throw new Error(
          `row ${id} of ${file} was measured on another machine (${what}: ${row.machine[what]}, here ${here[what]}); name another file with --json`,
        )
}

/** The rows of `measured` beside and instead of those that the file has. */
export const mergeIntoFile = (file, measured) => {
  const before = readResults(file, { rows: {} })
  const merged = { ...before.rows, ...measured }
  const known = rows.map(({ id }) => id).filter((id) => merged[id])
  const sorted = Object.fromEntries(known.map((id) => [id, merged[id]]))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify({ version, rows: sorted }, null, 1)}\n`)
  return { version, rows: sorted }
}

const rounded = (value) => Number(value.toPrecision(5))

/** A row as the file keeps it. `figures` is {TOOL: {values, idle?, failed?}}. */
export const resultRow = ({ title, unit = 'ms', target, aside }, figures, conditions) => ({
  title,
  unit,
  ...(target && { target }),
  ...(aside && { aside }),
  ...conditions,
  tools: Object.fromEntries(
    Object.entries(figures).map(([name, { values, idle, failed }]) => [
      name,
      { values: values.map(rounded), ...(idle && { idle: rounded(idle) }), ...(failed && { failed }) },
    ]),
  ),
})
