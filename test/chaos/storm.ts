import { type Blow, chooseBlow, idsIn, killNamed } from './blows.ts'
import type { Ended, Lab } from './lab.ts'
import { createRandom, type Random } from './random.ts'
import { chooseWish, type Props } from './wishes.ts'

export interface StormOptions {
  readonly containers: number
  readonly seed: number
  /** Things that happen at the same time. */
  readonly jobs: number
  readonly say: (text: string) => void
}

export interface StormResult {
  /** Every id that a container had. */
  readonly ids: ReadonlySet<string>
  /** Answers that no program should give: stack traces, faults of our own. */
  readonly surprises: readonly string[]
  /** Resolves when every tsrun in the foreground has ended. */
  readonly foreground: Promise<unknown>
}

type Step = { readonly kind: 'create'; readonly number: number } | { readonly kind: 'blow' }

/** Blows for each container. */
const blowsEach = 3

/**
 * Starts containers and, between them, lets things happen to those that are there; every fourth command is killed in the middle.
 * Nothing is cleaned up.
 */
export const storm = async (lab: Lab, props: Props, options: StormOptions): Promise<StormResult> => {
  const { seed, jobs, containers, say } = options
  const steps = shuffled(createRandom(seed), containers)
  const ids = new Set<string>()
  const surprises: string[] = []
  const foreground: Promise<unknown>[] = []
  const note = (args: readonly string[], ended: Ended): void => {
    for (const id of idsIn(lab)) ids.add(id)
    if (isSurprise(ended))
      surprises.push(`tsrun ${args.join(' ')} [${ended.code}]\n${ended.stdout}${ended.stderr}`)
  }
  const take = async (step: Step, random: Random): Promise<void> => {
    if (step.kind === 'create') return void (await begin(lab, props, step.number, random, note, foreground))
    const known = idsIn(lab)
    for (const id of known) ids.add(id)
    const target = random.chance(0.5)
      ? `c${random.below(containers)}`
      : (known[random.below(known.length)] ?? 'c0')
    const blow = chooseBlow(random, target, props)
    say(blow.kind === 'kill' ? `kill -9 ${blow.file} of ${target}` : blow.args.join(' '))
    await strike(lab, blow, known, random, note)
  }
  const work = async (job: number): Promise<void> => {
    for (let at = job; at < steps.length; at += jobs) {
      const step = steps[at]
      // Its own numbers for each step: who is faster decides nothing.
      if (step) await take(step, createRandom(seed * 100_003 + at))
    }
  }
  await Promise.all(Array.from({ length: jobs }, (_, job) => work(job)))
  return { ids, surprises, foreground: Promise.all(foreground) }
}

type Note = (args: readonly string[], ended: Ended) => void

const begin = async (
  lab: Lab,
  props: Props,
  number: number,
  random: Random,
  note: Note,
  foreground: Promise<unknown>[],
): Promise<void> => {
  const { args, foreground: stays } = chooseWish(random, number, props, lab.mark)
  const killAfter = random.chance(0.25) ? random.below(200) : stays && random.chance(0.5) ? 1000 : undefined
  const ended = lab.tsrun(args, killAfter).then((result) => note(args, result))
  if (stays) foreground.push(ended)
  else await ended
}

const strike = async (
  lab: Lab,
  blow: Blow,
  known: readonly string[],
  random: Random,
  note: Note,
): Promise<void> => {
  if (blow.kind === 'kill') return killNamed(lab, known[random.below(known.length)] ?? '', blow.file)
  const killAfter = random.chance(0.25) ? random.below(200) : undefined
  note(blow.args, await lab.tsrun(blow.args, killAfter))
}

const isSurprise = ({ stderr, code, killed }: Ended): boolean =>
  !killed &&
  (/^\s+at .*:\d+:\d+\)?$/m.test(stderr) || /internal|this is a bug/i.test(stderr) || code > 128 + 64)

/** A blow can only hit what is there: the first steps are containers. */
const shuffled = (random: Random, containers: number): readonly Step[] => {
  const steps: Step[] = []
  for (let number = 0, blows = 0; number < containers || blows < containers * blowsEach; ) {
    const create =
      number < containers && (blows >= containers * blowsEach || random.chance(number < 4 ? 1 : 0.3))
    if (create) steps.push({ kind: 'create', number: number++ })
    else {
      steps.push({ kind: 'blow' })
      blows++
    }
  }
  return steps
}
