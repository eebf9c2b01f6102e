import { killThread, noSuchCall, refuses, returnValueOf } from './action.ts'
import { createAssembler, type Label } from './assembler.ts'
import { emitDecisionTree, type Segment } from './decision-tree.ts'
import { type Alternative, createLeaves, type Leaves } from './leaves.ts'
import type { DockerSeccompProfile, SeccompHost } from './profile-types.ts'
import { type SelectedRule, selectArchitectures, selectRules } from './select.ts'
import { readSyscalls, type SyscallSource } from './syscall-table.ts'
import { aarch64 } from './syscalls-aarch64.ts'
import { arm } from './syscalls-arm.ts'
import { i386 } from './syscalls-i386.ts'
import { x32 } from './syscalls-x32.ts'
import { x86_64 } from './syscalls-x86-64.ts'

const tables: Readonly<Record<string, SyscallSource>> = {
  SCMP_ARCH_X86_64: x86_64,
  SCMP_ARCH_X86: i386,
  SCMP_ARCH_X32: x32,
  SCMP_ARCH_AARCH64: aarch64,
  SCMP_ARCH_ARM: arm,
}

/** Part of every key: raised when the same profile gives another program. */
export const compilerVersion = 1

/** offsetof(struct seccomp_data, ...) */
const numberOffset = 0
const archOffset = 4
/** Numbers with this bit belong to the x32 ABI, which has x86-64's audit architecture. */
const x32Bit = 0x4000_0000
/** Private calls of an architecture lie above. */
const ordinaryLimit = 0x1000

/**
 * Compiles a profile in docker's format to a BPF program (struct sock_filter[], little endian) for seccomp(2).
 * Names that an architecture does not have are skipped. As under runc, numbers above all that the profile names give
 * ENOSYS, so that programs fall back instead of failing. On i386, an allowed socket call does not imply socketcall(2):
 * the profile must name it. Throws `invalid-seccomp-profile`.
 */
export const compileSeccomp = (profile: DockerSeccompProfile, host: SeccompHost): Uint8Array => {
  const rules = selectRules(profile, host)
  const fallback = returnValueOf(profile.defaultAction, profile.defaultErrnoRet)
  const unknown = refuses(profile.defaultAction) ? noSuchCall : fallback
  const names = selectArchitectures(profile, host)
  const to = createAssembler()
  const leaves = createLeaves(to, fallback)
  const trees = new Map<number, Label>()
  // The native architecture is tested first, so its tree comes last here and stays near the start.
  for (const name of names.toReversed()) {
    const source = tables[name]
    if (source === undefined || name === 'SCMP_ARCH_X32') continue
    const segments = segmentsOf(decide(rules, source), unknown, leaves, 0)
    if (source === x86_64) segments.push(...x32Segments(names, rules, unknown, leaves))
    to.continueAt(emitDecisionTree(to, segments))
    trees.set(source.auditArch, to.load(numberOffset))
  }
  let next = leaves.constant(killThread)
  for (const [arch, tree] of trees) next = to.branch('jumpEqual', arch, tree, next)
  to.continueAt(next)
  to.load(archOffset)
  return to.bytes()
}

/** Numbers with x32's bit: that ABI's own calls, or death as for any architecture not listed (-1 is a skipped call). */
const x32Segments = (
  names: readonly string[],
  rules: readonly SelectedRule[],
  unknown: number,
  leaves: Leaves,
): readonly Segment[] =>
  names.includes('SCMP_ARCH_X32')
    ? segmentsOf(decide(rules, x32), unknown, leaves, x32Bit)
    : [
        { from: x32Bit, target: leaves.constant(killThread) },
        { from: 0xffff_ffff, target: leaves.constant(unknown) },
      ]

/** Number -> alternatives in the profile's order. */
const decide = (
  rules: readonly SelectedRule[],
  source: SyscallSource,
): ReadonlyMap<number, readonly Alternative[]> => {
  const numbers = readSyscalls(source)
  const decisions = new Map<number, Alternative[]>()
  for (const { names, action, errnoRet, args } of rules) {
    const alternative = { tests: args, value: returnValueOf(action, errnoRet) }
    for (const name of names) {
      const number = numbers.get(name)
      if (number === undefined) continue
      const others = decisions.get(number)
      if (others === undefined) decisions.set(number, [alternative])
      else others.push(alternative)
    }
  }
  return decisions
}

const segmentsOf = (
  decisions: ReadonlyMap<number, readonly Alternative[]>,
  unknown: number,
  leaves: Leaves,
  bit: number,
): Segment[] => {
  const numbers = [...decisions.keys()].sort((a, b) => a - b)
  const highest = numbers.findLast((number) => number < ordinaryLimit) ?? -1
  const otherwise = leaves.label([])
  const segments: Segment[] = [{ from: bit, target: otherwise }]
  for (const number of numbers) {
    const after = number >= highest ? leaves.constant(unknown) : otherwise
    const target = leaves.label(decisions.get(number) ?? [])
    if (segments.at(-1)?.from === number + bit) segments.pop()
    segments.push({ from: number + bit, target })
    segments.push({ from: number + bit + 1, target: after })
  }
  return segments
}
