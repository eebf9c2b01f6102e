import type { Random } from '../chaos/random.ts'
import { keep, readCorpus } from './corpus.ts'
import { judge } from './judge.ts'
import { mutate } from './mutate.ts'
import { type Target, Violation } from './types.ts'

/** More would be more to read, not more to find. */
const maxCorpus = 40
/** Larger inputs lead the search, but are not kept. */
const maxKept = 8 << 10
const maxBugs = 8

export interface FuzzOptions {
  readonly random: Random
  /** Milliseconds since the epoch. */
  readonly until: number
  readonly keepNew: boolean
  readonly say: (text: string) => void
  /** Told of every input before it is read. */
  readonly before: (input: Buffer) => void
  /** Looks at what was accepted in another way; called for some. Throws `Violation`. */
  readonly sample?: (input: Buffer) => void
}

/** Mutates what is known until the time is over; the number of inputs that broke something. */
export const fuzz = async (target: Target, options: FuzzOptions): Promise<number> => {
  const { random, say } = options
  const kept = readCorpus(target.name).map(([, input]) => input)
  const pool: Buffer[] = [...target.seeds(), ...kept]
  const seen = new Set<string>()
  const bugs = new Set<string>()
  let stored = kept.length
  let count = 0

  const look = async (input: Buffer, isNew: boolean): Promise<void> => {
    count++
    options.before(input)
    try {
      const labels = await judge(target, input)
      if (labels[0]?.startsWith('ok') && (random.chance(0.01) || !isNew)) options.sample?.(input)
      const fresh = labels.filter((label) => !seen.has(label))
      for (const label of fresh) seen.add(label)
      if (fresh.length === 0 || !isNew) return
      pool.push(input)
      if (!options.keepNew || stored >= maxCorpus || input.length > maxKept) return
      stored++
      say(`${target.name}: ${fresh.join(' | ')}: ${keep(target.name, input, false)}`)
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      const kind = error.message.split('\n').slice(0, 2).join(' ').slice(0, 200)
      if (bugs.has(kind)) return
      bugs.add(kind)
      say(`BUG ${target.name}: ${error.message.slice(0, 600)}: ${keep(target.name, input, true)}`)
    }
  }

  for (const input of [...pool]) await look(input, false)
  while (Date.now() < options.until && bugs.size < maxBugs) {
    const one = pool[random.below(pool.length)] ?? Buffer.alloc(0)
    const other = pool[random.below(pool.length)] ?? one
    await look(mutate(target, one, other, random), true)
  }
  say(`${target.name}: ${count} inputs, ${seen.size} outcomes, ${pool.length} in the pool, ${bugs.size} bugs`)
  return bugs.size
}
