import { join } from 'node:path'
import { createRandom, type Random } from '../chaos/random.ts'
import { type CallCase, callCases, prepareStore } from './call-cases.ts'
import { type Moment, momentsOf, restore, startUntil } from './calls.ts'
import { checkStore, checkUnpruned } from './check.ts'
import { surpriseOf } from './operation.ts'
import { start, type World } from './world.ts'

export interface CallOptions {
  readonly seed: number
  /** How many moments of each command, chosen by the seed; 0: all. */
  readonly moments: number
  /** Only these commands. */
  readonly only?: readonly string[] | undefined
  /** Only for commands about images: the store is made quickly. */
  readonly brief?: boolean
  readonly say: (text: string) => void
}

export interface CallVerdict {
  readonly kills: number
  readonly problems: readonly string[]
}

/**
 * Kills each command just before a call that changes the file system, on a fresh copy of one store. Afterwards the store is whole, the
 * same command succeeds, and the store is whole still.
 */
export const runAtCalls = async (world: World, options: CallOptions): Promise<CallVerdict> => {
  await prepareStore(world, options.brief === true)
  const template = join(world.work, 'template')
  restore(world.root, template)
  const random = createRandom(options.seed)
  const problems: string[] = []
  let kills = 0
  for (const one of callCases(world)) {
    if (options.only !== undefined && !options.only.includes(one.name)) continue
    const fresh = async (): Promise<void> => {
      restore(template, world.root)
      await one.prepare?.(world)
    }
    const moments: Moment[] = []
    for (const anybody of [false, true]) {
      await fresh()
      moments.push(...(await momentsOf(world, one, anybody)))
    }
    const chosen = choose(moments, options.moments, random)
    options.say(`${one.name}: ${chosen.length} of ${moments.length} moments`)
    const tried = await tryMoments(world, one, { moments: chosen, fresh })
    kills += tried.kills
    problems.push(...tried.problems)
    options.say(`${one.name}: ${tried.kills} kills, ${tried.problems.length} problems`)
  }
  return { kills, problems }
}

const tryMoments = async (
  world: World,
  one: CallCase,
  { moments, fresh }: { readonly moments: readonly Moment[]; readonly fresh: () => Promise<void> },
): Promise<CallVerdict> => {
  const problems: string[] = []
  let kills = 0
  for (const moment of moments) {
    await fresh()
    const ended = await startUntil(world, one, moment)
    if (ended.killed) kills++
    const who = moment.anybody ? ' of any process' : ''
    for (const problem of await problemsAfter(world, one))
      problems.push(`${one.name} at ${moment.call} ${moment.n}${who}: ${problem}`)
  }
  return { kills, problems }
}

const problemsAfter = async (world: World, one: CallCase): Promise<readonly string[]> => {
  const first = one.prepare ? [] : await checkUnpruned(world)
  const surprise = surpriseOf(one, await start(world, one.program, one.args))
  return [...first, ...(surprise === undefined ? [] : [surprise]), ...(await checkStore(world))]
}

/** So many of them, spread over the kinds of calls and over the length of the command. */
const choose = (moments: readonly Moment[], count: number, random: Random): readonly Moment[] => {
  if (count === 0 || moments.length <= count) return moments
  const step = moments.length / count
  return Array.from(
    { length: count },
    (_, i) => moments[Math.floor(i * step + (random.below(1000) / 1000) * step)],
  ).flatMap((moment) => moment ?? [])
}
