import { spawnSync } from 'node:child_process'

const options = { encoding: 'utf8', maxBuffer: 64 << 20 }

/** Runs a command and throws with its output when it fails. */
export const must = (argv, env) => {
  const [file, ...args] = argv
  const result = spawnSync(file, args, { ...options, env: { ...process.env, ...env } })
  if (result.error) throw result.error
  if (result.status !== 0)
    throw new Error(`${argv.join(' ')}: exit ${result.status}\n${result.stdout}${result.stderr}`.trim())
  return result.stdout
}

/** Wall time of one command in milliseconds. */
const timed = ({ argv, env }) => {
  const started = process.hrtime.bigint()
  must(argv, env)
  return Number(process.hrtime.bigint() - started) / 1e6
}

/**
 * Runs one work for all tools, round by round. A work has:
 *   name, goal     the goal in milliseconds is optional
 *   tools          names of the tools that can do it; all when absent
 *   needs          the verb that a tool must have: build
 *   prepare        once, before the clock: returns what the other two get as `input`
 *   before         off the clock, once a round: returns what `command` gets as `turn`
 *   ready          off the clock, before each measurement: returns what `command` gets as `ready`
 *   warm           commands to run once per tool, off the clock
 *   command        {argv, env} of one measurement
 */
export const measure = (work, tools, lab) => {
  const taking = tools.filter(
    (tool) => (!work.tools || work.tools.includes(tool.name)) && (!work.needs || tool[work.needs]),
  )
  const input = work.prepare?.(lab)
  const times = new Map(taking.map(({ name }) => [name, []]))
  const failures = new Map()
  const attempt = (tool, action) => {
    if (failures.has(tool.name)) return
    try {
      action()
    } catch (error) {
      failures.set(tool.name, String(error.message))
    }
  }
  for (const tool of taking)
    attempt(tool, () => {
      for (const { argv, env } of work.warm?.(tool, lab, input) ?? []) must(argv, env)
    })
  for (let round = 0; round < lab.rounds; round++) {
    const turn = work.before?.(lab, input, round)
    for (const tool of taking)
      attempt(tool, () => {
        const ready = work.ready?.(tool, lab, { input, turn, round })
        times.get(tool.name).push(timed(work.command(tool, lab, { input, turn, round, ready })))
      })
  }
  const figures = taking.map(({ name }) => [
    name,
    failures.has(name) ? { failed: failures.get(name) } : summary(times.get(name)),
  ])
  return { name: work.name, goal: work.goal, tools: Object.fromEntries(figures) }
}

const summary = (times) => {
  const sorted = times.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  return { median, least: sorted[0], most: sorted.at(-1), times }
}
