/** What a device program is asked: `c 1:3 rw`. */
export interface DeviceQuestion {
  readonly type: 'b' | 'c'
  readonly major: number
  readonly minor: number
  /** Letters of `rwm`. */
  readonly access: string
}

/** struct bpf_cgroup_dev_ctx. */
const contextOf = ({ type, major, minor, access }: DeviceQuestion): DataView => {
  const bits = { m: 1, r: 2, w: 4 }
  let asked = 0
  for (const [letter, bit] of Object.entries(bits)) if (access.includes(letter)) asked |= bit
  const view = new DataView(new ArrayBuffer(12))
  view.setUint32(0, ((asked << 16) | { b: 1, c: 2 }[type]) >>> 0, true)
  view.setUint32(4, major, true)
  view.setUint32(8, minor, true)
  return view
}

interface Step {
  readonly opcode: number
  readonly target: number
  readonly source: number
  readonly offset: number
  readonly immediate: bigint
}

const stepAt = (code: DataView, at: number): Step => {
  if (at < 0 || at * 8 + 8 > code.byteLength) throw new Error(`jumped to ${at}`)
  const registers = code.getUint8(at * 8 + 1)
  return {
    opcode: code.getUint8(at * 8),
    target: registers & 15,
    source: registers >> 4,
    offset: code.getInt16(at * 8 + 2, true),
    immediate: BigInt.asUintN(64, BigInt(code.getInt32(at * 8 + 4, true))),
  }
}

/** What the kernel's verifier refuses and an interpreter would not notice: jumps back or out, and code never reached. */
export const checkFlow = (program: Uint8Array): void => {
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength)
  const reached = new Set<number>()
  const follow = [0]
  for (let at = follow.pop(); at !== undefined; at = follow.pop()) {
    if (reached.has(at)) continue
    const { opcode, offset } = stepAt(code, at)
    reached.add(at)
    if (jumps.has(opcode) && offset < 0) throw new Error(`jump back at ${at}`)
    if (jumps.has(opcode)) follow.push(at + 1 + offset)
    if (opcode !== 0x05 && opcode !== 0x95) follow.push(at + 1)
  }
  if (reached.size !== program.length / 8) throw new Error('unreachable code')
}

/** What each opcode that computes makes of its target, its source and its immediate. */
const computations: ReadonlyMap<
  number,
  (target: () => bigint, source: () => bigint, immediate: bigint) => bigint
> = new Map([
  [0xbf, (_, source) => source()],
  [0xb7, (_, __, immediate) => immediate],
  [0x57, (target, _, immediate) => target() & immediate],
  [0x77, (target, _, immediate) => target() >> immediate],
])

const jumps: ReadonlyMap<number, (target: () => bigint, immediate: bigint) => boolean> = new Map([
  [0x05, (): boolean => true],
  [0x45, (target: () => bigint, immediate: bigint) => (target() & immediate) !== 0n],
  [0x55, (target: () => bigint, immediate: bigint) => target() !== immediate],
])

/** Runs a program as the kernel would and returns register 0. Throws on unknown opcodes and on registers read before they were set. */
export const runDeviceProgram = (program: Uint8Array, question: DeviceQuestion): number => {
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength)
  const context = contextOf(question)
  const registers = new Map<number, bigint>()
  const read = (register: number) => (): bigint => {
    const value = registers.get(register)
    if (value === undefined) throw new Error(`register ${register} was never set`)
    return value
  }
  for (let at = 0; ; at++) {
    const { opcode, target, source, offset, immediate } = stepAt(code, at)
    if (opcode === 0x95) return Number(read(0)())
    const computation = computations.get(opcode)
    const jump = jumps.get(opcode)
    if (computation) registers.set(target, computation(read(target), read(source), immediate))
    else if (jump) at += jump(read(target), immediate) ? offset : 0
    else if (opcode === 0x61 && source === 1) registers.set(target, BigInt(context.getUint32(offset, true)))
    else throw new Error(`unknown opcode ${opcode.toString(16)}`)
  }
}
