/** struct bpf_insn of linux/bpf.h; what each opcode does is in the kernel's bpf/standardization/instruction-set.rst. */
export interface Instruction {
  readonly opcode: number
  /** Register that is changed or compared, 0 to 10. */
  readonly target: number
  readonly source: number
  /** Bytes of a load; instructions skipped by a jump. */
  readonly offset: number
  /** Signed, 32 bits. */
  readonly immediate: number
}

/** target = the 32 bits at [source + offset] */
export const load = (target: number, source: number, offset: number): Instruction => ({
  opcode: 0x61,
  target,
  source,
  offset,
  immediate: 0,
})

/** target = source */
export const copy = (target: number, source: number): Instruction => ({
  opcode: 0xbf,
  target,
  source,
  offset: 0,
  immediate: 0,
})

/** target = value */
export const set = (target: number, value: number): Instruction => withImmediate(0xb7, target, value)

/** target &= mask, its sign extended to 64 bits */
export const andWith = (target: number, mask: number): Instruction => withImmediate(0x57, target, mask)

/** target >>= bits */
export const shiftRight = (target: number, bits: number): Instruction => withImmediate(0x77, target, bits)

const conditions = { always: 0x05, 'any-bit': 0x45, 'not-equal': 0x55 } as const

/** Skips `distance` instructions when the comparison of `target` with `value` holds. */
export const jump = (
  condition: keyof typeof conditions,
  target: number,
  value: number,
  distance: number,
): Instruction => ({ ...withImmediate(conditions[condition], target, value), offset: distance })

/** Returns what register 0 holds. */
export const exit: Instruction = { opcode: 0x95, target: 0, source: 0, offset: 0, immediate: 0 }

const withImmediate = (opcode: number, target: number, immediate: number): Instruction => ({
  opcode,
  target,
  source: 0,
  offset: 0,
  immediate,
})

/** Eight bytes per instruction, as little endian machines have them in memory. */
export const assemble = (code: readonly Instruction[]): Uint8Array => {
  const bytes = Buffer.alloc(code.length * 8)
  let at = 0
  for (const { opcode, target, source, offset, immediate } of code) {
    at = bytes.writeUInt8(opcode, at)
    at = bytes.writeUInt8((source << 4) | target, at)
    at = bytes.writeInt16LE(offset, at)
    at = bytes.writeInt32LE(immediate, at)
  }
  return bytes
}
