import type { Assembler, Jump, Label } from './assembler.ts'
import { invalidProfile } from './invalid-profile.ts'
import type { SeccompArgument } from './profile-types.ts'

/** offsetof(struct seccomp_data, args) */
const argumentsOffset = 16

/** Halves of an unsigned 64 bit value. */
interface Words {
  readonly high: number
  readonly low: number
}

/**
 * Writes the test of one argument: the program goes on at `yes` when it holds and at `no` when not. All 64 bits are
 * compared, whatever the width of the kernel's parameter: upper bits cannot be used to slip by.
 */
export const emitArgumentTest = (to: Assembler, argument: SeccompArgument, yes: Label, no: Label): Label => {
  const { index, value, valueTwo = 0 } = argument
  if (!Number.isInteger(index) || index < 0 || index > 5)
    throw invalidProfile(`argument index ${index}, expected 0 to 5`)
  const place: Words = {
    low: argumentsOffset + 8 * index,
    high: argumentsOffset + 8 * index + 4,
  }
  const wanted = words(value)
  switch (argument.op) {
    case 'SCMP_CMP_EQ':
      return equal(to, place, wanted, yes, no)
    case 'SCMP_CMP_NE':
      return equal(to, place, wanted, no, yes)
    case 'SCMP_CMP_GT':
      return ordered(to, 'jumpGreater', place, wanted, yes, no)
    case 'SCMP_CMP_LE':
      return ordered(to, 'jumpGreater', place, wanted, no, yes)
    case 'SCMP_CMP_GE':
      return ordered(to, 'jumpGreaterEqual', place, wanted, yes, no)
    case 'SCMP_CMP_LT':
      return ordered(to, 'jumpGreaterEqual', place, wanted, no, yes)
    case 'SCMP_CMP_MASKED_EQ':
      return maskedEqual(to, place, wanted, words(valueTwo), yes, no)
    default:
      throw invalidProfile(`comparison ${argument.op}, expected SCMP_CMP_NE, LT, LE, EQ, GE, GT or MASKED_EQ`)
  }
}

const words = (value: number | bigint): Words => {
  if (typeof value === 'number' && !Number.isInteger(value))
    throw invalidProfile(`argument value ${value}, expected an integer`)
  const bits = BigInt.asUintN(64, BigInt(value))
  return { high: Number(bits >> 32n), low: Number(bits & 0xffff_ffffn) }
}

const equal = (to: Assembler, place: Words, wanted: Words, yes: Label, no: Label): Label => {
  to.branch('jumpEqual', wanted.low, yes, no)
  const low = to.load(place.low)
  to.branch('jumpEqual', wanted.high, low, no)
  return to.load(place.high)
}

/** `kind` is the comparison of the lower half; the upper half decides unless it is equal. */
const ordered = (to: Assembler, kind: Jump, place: Words, wanted: Words, yes: Label, no: Label): Label => {
  to.branch(kind, wanted.low, yes, no)
  const low = to.load(place.low)
  const same = to.branch('jumpEqual', wanted.high, low, no)
  to.branch('jumpGreater', wanted.high, yes, same)
  return to.load(place.high)
}

const maskedEqual = (
  to: Assembler,
  place: Words,
  mask: Words,
  wanted: Words,
  yes: Label,
  no: Label,
): Label => {
  to.branch('jumpEqual', wanted.low, yes, no)
  to.and(mask.low)
  const low = to.load(place.low)
  if (mask.high === 0 && wanted.high === 0) return low
  to.branch('jumpEqual', wanted.high, low, no)
  to.and(mask.high)
  return to.load(place.high)
}

/**
 * Writes the test whether an argument is one of `values`, which share their upper half: one load for all of them.
 */
export const emitMembershipTest = (
  to: Assembler,
  index: number,
  values: readonly (number | bigint)[],
  yes: Label,
  no: Label,
): Label => {
  const place = argumentsOffset + 8 * index
  let next = no
  for (const value of values.toReversed()) next = to.branch('jumpEqual', words(value).low, yes, next)
  const low = to.load(place)
  to.branch('jumpEqual', words(values[0] ?? 0).high, low, no)
  return to.load(place + 4)
}
