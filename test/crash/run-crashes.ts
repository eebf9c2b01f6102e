import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom, type Random } from '../chaos/random.ts'
import { checkEmpty, checkStore } from './check.ts'
import { surpriseOf } from './operation.ts'
import { choose, operations } from './operations.ts'
import { give, type World } from './world.ts'

export interface CrashOptions {
  /** How many commands are to be killed. 0: none is, and `minutes` counts. */
  readonly kills: number
  readonly minutes?: number
  /** Ends a storm of kills early. */
  readonly seconds?: number
  readonly seed: number
  readonly workers: number
  /** Kills (or, without kills, seconds) between two looks at the whole store. */
  readonly every: number
  readonly say: (text: string) => void
}

export interface CrashVerdict {
  readonly commands: number
  readonly kills: number
  readonly problems: readonly string[]
}

interface Storm {
  commands: number
  kills: number
  readonly problems: string[]
  /** Milliseconds that a command takes, by its first words: kills fall anywhere in it. */
  readonly usual: Map<string, number>
}

/** Several workers give commands and kill some of them; again and again all stop, and the store has to be whole. */
export const runCrashes = async (world: World, options: CrashOptions): Promise<CrashVerdict> => {
  const storm: Storm = { commands: 0, kills: 0, problems: [], usual: new Map() }
  const end = Date.now() + (options.minutes ?? 0) * 60_000
  const latest =
    options.seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + options.seconds * 1000
  const isOver = (): boolean =>
    Date.now() >= latest || (options.kills > 0 ? storm.kills >= options.kills : Date.now() >= end)
  for (let round = 0; !isOver() && storm.problems.length === 0; round++) {
    const target = Math.min(options.kills, storm.kills + options.every)
    const pause = Math.min(end, Date.now() + options.every * 1000)
    const isRest = (): boolean =>
      isOver() || (options.kills > 0 ? storm.kills >= target : Date.now() >= pause)
    const workers = Array.from({ length: options.workers }, (_, n) =>
      work(world, storm, {
        worker: n,
        random: createRandom(options.seed * 1_000_003 + round * 1009 + n),
        lethal: options.kills > 0,
        isRest,
      }),
    )
    await Promise.all(workers)
    storm.problems.push(...(await checkStore(world)))
    for (const name of readdirSync(world.work))
      if (name.startsWith('saved-') || name.startsWith('.saved-')) rmSync(join(world.work, name))
    options.say(`${storm.commands} commands, ${storm.kills} killed, ${storm.problems.length} problems`)
  }
  if (storm.problems.length === 0) storm.problems.push(...(await checkEmpty(world)))
  return storm
}

interface Work {
  /** From 0. */
  readonly worker: number
  readonly random: Random
  readonly lethal: boolean
  readonly isRest: () => boolean
}

const work = async (world: World, storm: Storm, { worker, random, lethal, isRest }: Work): Promise<void> => {
  while (!isRest()) {
    const operation = choose(operations(world, random, worker), random)
    const kind = `${operation.program} ${operation.args[0] ?? ''}`
    const usual = storm.usual.get(kind) ?? 500
    // Three of four are killed; some of those have ended before.
    const doomed = lethal && random.below(4) > 0
    const killAfter = doomed ? random.below(Math.ceil(usual * 1.1)) : undefined
    const ended = await give(world, operation, killAfter)
    storm.commands++
    if (ended.killed) storm.kills++
    else storm.usual.set(kind, (usual * 3 + ended.milliseconds) / 4)
    const surprise = surpriseOf(operation, ended)
    if (surprise !== undefined) storm.problems.push(surprise)
  }
}
