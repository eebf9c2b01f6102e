// Measures the works with all tools and keeps each row in the file as soon as it is there.
import { isInterrupted } from './command.mjs'
import { withLab } from './lab.mjs'
import { emptyNode, measureWork } from './measure.mjs'
import { plainTable } from './report/table.mjs'
import { load, machine, mergeIntoFile, refuseOtherMachine, resultRow } from './results.mjs'
import { worksFor } from './works.mjs'

/** The rows of one work as the results keep them. */
const measuredRows = async (lab, work, quick) => {
  const before = load()
  const emptyNodeMs = Math.round(await emptyNode())
  const figures = await measureWork(lab, work)
  const conditions = {
    date: new Date().toISOString(),
    rounds: lab.roundsOf(work),
    loads: [before, load()],
    emptyNodeMs,
    disks: lab.disks,
    machine: machine(),
    ...(lab.peers && { versions: lab.peers.versions }),
    ...(quick && { quick }),
  }
  return Object.fromEntries(work.rows.map((row) => [row.id, resultRow(row, figures[row.id], conditions)]))
}

/** Prints a table of what was measured, and returns the file's results. */
export const compare = async (options, file) => {
  const works = worksFor(options.only)
  if (file) refuseOtherMachine(file)
  return withLab(options, works, async (lab) => {
    let measured = {}
    let kept
    for (const work of works) {
      if (isInterrupted()) break
      const started = Date.now()
      const rows = await measuredRows(lab, work, options.quick)
      lab.note(
        `${Object.keys(rows).join(', ')} (${work.name}): ${((Date.now() - started) / 1000).toFixed(0)} s`,
      )
      measured = { ...measured, ...rows }
      if (file) kept = mergeIntoFile(file, rows)
    }
    console.log(plainTable({ rows: measured }))
    return kept
  })
}
