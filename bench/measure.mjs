// One work with all tools, taking turns: the order changes every round, so that none always follows the same other.
import { cleanups } from './cleanups.mjs'
import { isInterrupted, run } from './command.mjs'
import { makeDisk } from './disk.mjs'
import { residentBelow, watchMemory } from './memory.mjs'
import { openStore, placesOf } from './stores.mjs'

const onHost = (argv) => argv

/** Wall time of the commands one after the other, in milliseconds. */
const time = async (commands) => {
  let sum = 0
  for (const command of commands) sum += (await run(command)).ms
  return { value: sum }
}

const mebibytes = (bytes) => bytes / (1 << 20)

/** The most that the tool's processes had resident together: those of the commands, and what a daemon grew by. */
const peakMemory = async (commands, store) => {
  const idle = residentBelow(store.pids())
  let most = 0
  for (const command of commands) {
    let watch
    try {
      await run(command, (pid) => {
        watch = watchMemory([pid, ...store.pids()])
      })
    } finally {
      watch?.stop()
    }
    most = Math.max(most, watch.peak())
  }
  return { value: mebibytes(most - idle), idle: mebibytes(idle) }
}

const list = (commands) => (Array.isArray(commands) ? commands : [commands])

/** One step of one tool, clock and all. */
const perform = async (step, store, context) => {
  const ready = await step.ready?.(store, context)
  const commands = list(step.command(store, { ...context, ready }))
  const { value, idle } = await (step.memory ? peakMemory(commands, store) : time(commands))
  await store.settle()
  return { value: value / (step.per?.(context.lab) ?? 1), ...(idle && { idle }) }
}

/** What has been measured, and who dropped out: a tool that fails once is not asked again in this work. */
const sheet = (work, tools, note) => {
  const figures = Object.fromEntries(
    work.rows.map(({ id }) => [id, Object.fromEntries(tools.map(({ name }) => [name, { values: [] }]))]),
  )
  const out = new Set()
  return {
    figures,
    has: ({ name }) => !out.has(name),
    add: (row, { name }, { value, idle }) => {
      figures[row][name].values.push(value)
      if (idle) figures[row][name].idle = idle
    },
    fail: ({ name }, error) => {
      if (isInterrupted()) throw error
      note(`${work.name}, ${name}: ${error.message}`)
      out.add(name)
      for (const row of Object.values(figures)) row[name].failed = error.summary ?? 'did not start'
    },
  }
}

const rotated = (items, by) => items.map((_, i) => items[(i + by) % items.length])

const canDo = (work, store) => (work.needs ?? []).every((verb) => store[verb])

const openAll = async (lab, work, tools, results, stack) => {
  const stores = new Map()
  for (const tool of tools.filter(results.has)) {
    try {
      const store = await openStore(lab, tool, work)
      stack.defer(store.close)
      if (canDo(work, store)) stores.set(tool, store)
    } catch (error) {
      results.fail(tool, error)
    }
  }
  return stores
}

const measureRound = async (lab, work, stores, results, { input, round }) => {
  const turn = await work.round?.(lab, { input, round })
  for (const step of work.steps) {
    await step.each?.({ lab, input, turn, round })
    // Or whoever comes first shares the disk with what the bench has written.
    await lab.settleInputs()
    for (const [tool, store] of rotated([...stores], round)) {
      if (!results.has(tool)) continue
      try {
        const measured = await perform(step, store, { lab, input, turn, round, tool })
        if (step.row) results.add(step.row, tool, measured)
      } catch (error) {
        results.fail(tool, error)
      }
    }
  }
}

/** {ROW: {TOOL: {values, idle?, failed?}}}: milliseconds, or mebibytes where the step says `memory`. */
export const measureWork = async (lab, work) => {
  const tools = lab.tools.filter(({ name }) => !work.tools || work.tools.includes(name))
  const results = sheet(work, tools, lab.note)
  const stack = cleanups(lab.note)
  try {
    const disk = await makeDisk(lab, `inputs-${lab.counter()}`, [
      onHost,
      ...(lab.peers ? placesOf(lab, 'peers') : []),
    ])
    stack.defer(disk.close)
    const mine = { ...lab, inputs: disk.directory, settleInputs: disk.settle, defer: stack.defer }
    for (const base of work.bases ?? ['busybox']) if (!lab.bases[base]) throw new Error(`no base ${base}`)
    const input = await work.prepare?.(mine)
    const kept = work.fresh === 'round' ? undefined : await openAll(mine, work, tools, results, stack)
    for (let round = 0; round < lab.roundsOf(work); round++) {
      const own = cleanups(lab.note)
      try {
        const stores = kept ?? (await openAll(mine, work, tools, results, own))
        await measureRound(mine, work, stores, results, { input, round })
      } finally {
        await own.run()
      }
    }
  } finally {
    await stack.run()
  }
  return dropEmpty(results.figures)
}

/** Without the tools that never took part. */
const dropEmpty = (figures) =>
  Object.fromEntries(
    Object.entries(figures).map(([row, tools]) => [
      row,
      Object.fromEntries(
        Object.entries(tools).filter(([, { values, failed }]) => values.length > 0 || failed),
      ),
    ]),
  )

/** Median wall time of a Node that does nothing, in milliseconds. */
export const emptyNode = async () => {
  const times = []
  for (let i = 0; i < 5; i++)
    times.push(
      (await run({ argv: [process.execPath, '-e', ''], env: { NODE_EXTRA_CA_CERTS: undefined } })).ms,
    )
  return times.toSorted((a, b) => a - b)[2]
}
