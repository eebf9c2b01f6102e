import { emitArgumentTest, emitMembershipTest } from './arguments.ts'
import type { Assembler, Label } from './assembler.ts'
import type { SeccompArgument } from './profile-types.ts'

/** One way to decide a call: when all tests hold, return `value`. */
export interface Alternative {
  readonly tests: readonly SeccompArgument[]
  readonly value: number
}

/** The ends of the decision trees, each written once however many calls share it. */
export interface Leaves {
  /** Tries alternatives in order and returns the fallback when none holds. */
  label(alternatives: readonly Alternative[]): Label
  constant(value: number): Label
}

export const createLeaves = (to: Assembler, fallback: number): Leaves => {
  const constants = new Map<number, Label>()
  const written = new Map<string, Label>()
  const constant = (value: number): Label => {
    const label = constants.get(value) ?? to.returns(value)
    constants.set(value, label)
    return label
  }
  const label = (alternatives: readonly Alternative[]): Label => {
    // A rule without conditions decides whatever other rules say, as in libseccomp.
    const always = alternatives.find(({ tests }) => tests.length === 0)
    if (always !== undefined) return constant(always.value)
    const key = keyOf(alternatives)
    const found = written.get(key)
    if (found !== undefined) return found
    let next = constant(fallback)
    for (const choice of choicesOf(alternatives).toReversed())
      next = emitChoice(to, choice, constant(choice.value), next)
    written.set(key, next)
    return next
  }
  return { label, constant }
}

/** Alternatives that only compare one argument for equality are tested together. */
type Choice =
  | (Alternative & { readonly kind: 'tests' })
  | {
      readonly kind: 'members'
      readonly index: number
      readonly values: readonly (number | bigint)[]
      readonly value: number
    }

const choicesOf = (alternatives: readonly Alternative[]): readonly Choice[] => {
  const choices: Choice[] = []
  for (const alternative of alternatives) {
    const [test, second] = alternative.tests
    const last = choices.at(-1)
    if (!test || second || !isSmallEquality(test)) choices.push({ kind: 'tests', ...alternative })
    else if (last?.kind === 'members' && last.index === test.index && last.value === alternative.value)
      choices[choices.length - 1] = {
        ...last,
        values: [...last.values, test.value],
      }
    else
      choices.push({
        kind: 'members',
        index: test.index,
        values: [test.value],
        value: alternative.value,
      })
  }
  return choices
}

/** Equal upper halves are what lets values be tested together; profiles have no others. */
const isSmallEquality = ({ op, value, index }: SeccompArgument): boolean =>
  op === 'SCMP_CMP_EQ' && value >= 0 && value <= 0xffff_ffff && index >= 0 && index <= 5

const emitChoice = (to: Assembler, choice: Choice, yes: Label, no: Label): Label => {
  if (choice.kind === 'members') return emitMembershipTest(to, choice.index, choice.values, yes, no)
  let next = yes
  for (const test of choice.tests.toReversed()) next = emitArgumentTest(to, test, next, no)
  return next
}

const keyOf = (alternatives: readonly Alternative[]): string =>
  JSON.stringify(alternatives, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
