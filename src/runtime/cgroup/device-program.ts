import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { RuntimeResources } from '../../foundation/oci/index.ts'
import { andWith, assemble, copy, exit, type Instruction, jump, load, set, shiftRight } from './ebpf.ts'

type DeviceRule = RuntimeResources['devices'][number]

/** BPF_DEVCG_DEV_* and BPF_DEVCG_ACC_* of linux/bpf.h. */
const typeNumbers: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ['c', 2],
])
const accessBits: ReadonlyMap<string, number> = new Map([
  ['m', 1],
  ['r', 2],
  ['w', 4],
])
const everyAccess = 7

/** Where the program keeps what it is asked about. `pending` are the letters that no rule has decided yet. */
const register = { verdict: 0, context: 1, type: 2, pending: 3, major: 4, minor: 5 } as const

/**
 * The rules as a program of type BPF_PROG_TYPE_CGROUP_DEVICE: what cgroup v2 has instead of v1's devices controller.
 * Each letter of an access (`r`, `w`, `m`) is decided by the last rule that covers the device and names the letter; an
 * access is allowed when all its letters are. What no rule covers is refused. Absent members and -1 stand for everything.
 * Throws `invalid-device-rule`.
 */
export const compileDeviceProgram = (rules: readonly DeviceRule[]): Uint8Array => {
  const code: Instruction[] = [...readContext]
  for (const rule of rules.toReversed()) {
    const tests = testsOf(rule)
    const access = accessOf(rule)
    if (access === 0) continue
    const decision = rule.allow ? allow(access) : deny(access)
    tests.forEach(([from, value], i) => {
      code.push(jump('not-equal', from, value, tests.length - i - 1 + decision.length))
    })
    code.push(...decision)
    // Earlier rules cannot be reached any more, and the kernel refuses programs with dead code.
    if (tests.length === 0 && access === everyAccess) return assemble(code)
  }
  return assemble([...code, ...end(0)])
}

/** True when the last rule alone decides everything, and allows it: a privileged container's. Throws `invalid-device-rule`. */
export const allowsEveryDevice = (rules: readonly DeviceRule[]): boolean => {
  const last = rules.at(-1)
  return last?.allow === true && testsOf(last).length === 0 && accessOf(last) === everyAccess
}

/** struct bpf_cgroup_dev_ctx: access and type in the halves of one word, then major and minor. */
const readContext: readonly Instruction[] = [
  load(register.type, register.context, 0),
  copy(register.pending, register.type),
  andWith(register.type, 0xffff),
  shiftRight(register.pending, 16),
  load(register.major, register.context, 4),
  load(register.minor, register.context, 8),
]

const end = (verdict: 0 | 1): readonly Instruction[] => [set(register.verdict, verdict), exit]

const allow = (access: number): readonly Instruction[] =>
  access === everyAccess
    ? end(1)
    : [andWith(register.pending, ~access), jump('not-equal', register.pending, 0, 2), ...end(1)]

const deny = (access: number): readonly Instruction[] =>
  access === everyAccess
    ? end(0)
    : [jump('any-bit', register.pending, access, 1), jump('always', 0, 0, 2), ...end(0)]

/** Registers and what they must hold for the rule to be about the device. */
const testsOf = (rule: DeviceRule): readonly (readonly [from: number, value: number])[] => {
  const { type = 'a', major, minor } = rule
  const number = typeNumbers.get(type)
  if (type !== 'a' && number === undefined) throw invalid(`type "${type}"`, '"a", "b" or "c"')
  return [
    ...(number === undefined ? [] : [[register.type, number] as const]),
    ...numberTest(register.major, 'major', major),
    ...numberTest(register.minor, 'minor', minor),
  ]
}

const numberTest = (
  from: number,
  name: string,
  value = -1,
): readonly (readonly [from: number, value: number])[] => {
  if (value === -1) return []
  // Comparisons are with signed numbers; those of Linux have 12 and 20 bits.
  if (!Number.isInteger(value) || value < 0 || value > 0x7fff_ffff)
    throw invalid(`${name} number ${value}`, '0 to 2147483647, or -1 for every one')
  return [[from, value]]
}

const accessOf = ({ access = 'rwm' }: DeviceRule): number => {
  let bits = 0
  for (const letter of access) {
    const bit = accessBits.get(letter)
    if (bit === undefined) throw invalid(`access "${access}"`, 'letters of "rwm"')
    bits |= bit
  }
  return bits
}

const invalid = (found: string, expected: string): AppError =>
  new AppError('invalid-device-rule', `compile device rules: found ${found}, expected ${expected}`, {
    exitCode: exitCode.engine,
    hint: 'write device rules like "c 1:3 rwm"',
  })
