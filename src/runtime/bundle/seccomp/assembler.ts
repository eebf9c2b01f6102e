import { InternalError } from '../../../foundation/errors/index.ts'

/** Classic BPF opcodes that seccomp programs use (linux/bpf_common.h). */
const op = {
  loadAbsolute: 0x20,
  and: 0x54,
  jump: 0x05,
  jumpEqual: 0x15,
  jumpGreater: 0x25,
  jumpGreaterEqual: 0x35,
  return: 0x06,
} as const

export type Jump = 'jumpEqual' | 'jumpGreater' | 'jumpGreaterEqual'

/** Place of an instruction: how many instructions follow it, itself included. */
export type Label = number

/**
 * Writes a program from its end to its start, so that every jump's target is known when the jump is written.
 * Each method puts one instruction before all others and returns its label.
 */
export interface Assembler {
  returns(value: number): Label
  /** Loads the 32 bit word at `offset` of struct seccomp_data. */
  load(offset: number): Label
  and(mask: number): Label
  branch(kind: Jump, value: number, whenTrue: Label, whenFalse: Label): Label
  /** Makes the next instruction of the program be `target`; emits nothing when it is so already. */
  continueAt(target: Label): Label
  /** struct sock_filter[], little endian. */
  bytes(): Uint8Array
}

/** BPF_MAXINSNS: the kernel takes no longer program. */
const maxInstructions = 4096
/** Conditional jumps have 8 bit offsets. */
const maxBranch = 255

export const createAssembler = (): Assembler => {
  /** Last instruction first. */
  const code: [code: number, jt: number, jf: number, k: number][] = []
  const put = (opcode: number, jt: number, jf: number, k: number): Label => code.push([opcode, jt, jf, k])
  /** Instructions between the one put next and `target`. */
  const distance = (target: Label): number => code.length - target
  const jumpTo = (target: Label): Label => put(op.jump, 0, 0, distance(target))
  /** A label for `target` that a conditional jump can reach even when one more instruction comes between. */
  const near = (target: Label): Label => {
    if (distance(target) < maxBranch) return target
    const [opcode, , , value] = code[target - 1] ?? [0, 0, 0, 0]
    return opcode === op.return ? put(op.return, 0, 0, value) : jumpTo(target)
  }
  return {
    returns: (value) => put(op.return, 0, 0, value),
    load: (offset) => put(op.loadAbsolute, 0, 0, offset),
    and: (mask) => put(op.and, 0, 0, mask),
    branch: (kind, value, whenTrue, whenFalse) => {
      const yes = near(whenTrue)
      const no = near(whenFalse)
      return put(op[kind], distance(yes), distance(no), value)
    },
    continueAt: (target) => (target === code.length ? target : jumpTo(target)),
    bytes: () => encode(code),
  }
}

const encode = (code: readonly (readonly [number, number, number, number])[]): Uint8Array => {
  if (code.length > maxInstructions)
    throw new InternalError(
      `seccomp program has ${code.length} instructions, the kernel takes ${maxInstructions}`,
    )
  const bytes = new Uint8Array(code.length * 8)
  const view = new DataView(bytes.buffer)
  code.forEach(([opcode, jt, jf, k], i) => {
    const at = (code.length - 1 - i) * 8
    view.setUint16(at, opcode, true)
    view.setUint8(at + 2, jt)
    view.setUint8(at + 3, jf)
    view.setUint32(at + 4, k, true)
  })
  return bytes
}
