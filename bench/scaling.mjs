// Time and memory of our programs against sizes, each size in an empty store.
import { writeFileSync } from 'node:fs'
import { cleanups } from './cleanups.mjs'
import { run } from './command.mjs'
import { makeDisk } from './disk.mjs'
import { withLab } from './lab.mjs'
import { emptyNode } from './measure.mjs'
import { watchMemory } from './memory.mjs'
import { load, machine } from './results.mjs'
import { allSeries } from './series.mjs'
import { openStore } from './stores.mjs'
import { tsbuild } from './tools/tsbuild.mjs'

const onHost = (argv) => argv

const rounded = (value) => Number(value.toPrecision(5))

const measureStep = async (command) => {
  let watch
  try {
    const { ms } = await run(command, (pid) => {
      watch = watchMemory([pid], 20)
    })
    return { ms: rounded(ms), mib: rounded(watch.peak() / (1 << 20)) }
  } finally {
    watch?.stop()
  }
}

/** {ROW: {x, ms: [...], mib: [...]}} of one size. */
const measureSize = async (lab, series, size) => {
  const stack = cleanups(lab.note)
  try {
    const disk = await makeDisk(lab, `inputs-${lab.counter()}`, [onHost])
    stack.defer(disk.close)
    const store = await openStore(lab, tsbuild, {})
    stack.defer(store.close)
    const points = Object.fromEntries(series.rows.map(({ id }) => [id, { x: size, ms: [], mib: [] }]))
    const mine = { ...lab, inputs: disk.directory }
    for (let round = 0; round < lab.roundsOf({ rounds: 3 }); round++) {
      const turn = series.round(mine, size, round)
      await disk.settle()
      for (const { row, command } of series.steps) {
        const { ms, mib } = await measureStep(command(store, { turn, name: `bench-scaling:${round}` }))
        points[row].ms.push(ms)
        points[row].mib.push(mib)
        await store.settle()
      }
    }
    return points
  } finally {
    await stack.run()
  }
}

const measureSeries = async (lab, series, quick) => {
  const curves = Object.fromEntries(
    series.rows.map(({ id, title, unit }) => [id, { title, unit, points: [] }]),
  )
  for (const size of quick ? series.quick : series.sizes) {
    const started = Date.now()
    const points = await measureSize(lab, series, size)
    for (const [id, point] of Object.entries(points)) curves[id].points.push(point)
    lab.note(`${series.rows[0].id} ${size}: ${((Date.now() - started) / 1000).toFixed(0)} s`)
  }
  return curves
}

const chosen = (only) => allSeries.filter(({ rows }) => !only || rows.some(({ id }) => only.includes(id)))

/**
 * Measures every series, or those with a row in `options.only`, and puts them into `file` beside the others that
 * `before` has. Returns the file's results.
 */
export const measureScaling = (options, file, before) =>
  withLab({ ...options, 'no-peers': true }, [], async (lab) => {
    let curves = before.curves
    for (const series of chosen(options.only)) {
      const conditions = {
        emptyNodeMs: Math.round(await emptyNode()),
        load: load(),
        rounds: lab.roundsOf({ rounds: 3 }),
      }
      const measured = await measureSeries(lab, series, options.quick)
      for (const [id, curve] of Object.entries(measured))
        curves = { ...curves, [id]: { ...curve, ...conditions, disks: lab.disks, machine: machine() } }
      if (file) writeFileSync(file, `${JSON.stringify({ version: 1, curves: inOrder(curves) }, null, 1)}\n`)
    }
    return { version: 1, curves: inOrder(curves) }
  })

const inOrder = (curves) => {
  const ids = allSeries.flatMap(({ rows }) => rows.map(({ id }) => id))
  return Object.fromEntries(ids.filter((id) => curves[id]).map((id) => [id, curves[id]]))
}
