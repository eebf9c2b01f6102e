/** What a filter is asked about: struct seccomp_data of linux/seccomp.h. */
export interface SeccompCall {
  readonly number: number
  readonly arch: number
  readonly args: readonly bigint[]
}

/** struct seccomp_data as the kernel lays it out on little endian machines. */
const bytesOf = ({ number, arch, args }: SeccompCall): DataView => {
  const view = new DataView(new ArrayBuffer(64))
  view.setUint32(0, number >>> 0, true)
  view.setUint32(4, arch >>> 0, true)
  for (let i = 0; i < 6; i++) view.setBigUint64(16 + 8 * i, args[i] ?? 0n, true)
  return view
}

/** Runs a seccomp program and counts its instructions. Throws on whatever the kernel's checker would refuse. */
export const runBpf = (program: Uint8Array, call: SeccompCall): { value: number; steps: number } => {
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength)
  const data = bytesOf(call)
  let accumulator = 0
  let steps = 0
  for (let at = 0; at < program.length / 8; at++) {
    steps++
    const opcode = code.getUint16(at * 8, true)
    const jt = code.getUint8(at * 8 + 2)
    const jf = code.getUint8(at * 8 + 3)
    const k = code.getUint32(at * 8 + 4, true)
    const branch = (holds: boolean): void => {
      at += holds ? jt : jf
    }
    switch (opcode) {
      case 0x20:
        if (k % 4 !== 0 || k > 60) throw new Error(`load of offset ${k}`)
        accumulator = data.getUint32(k, true)
        break
      case 0x54:
        accumulator = (accumulator & k) >>> 0
        break
      case 0x05:
        at += k
        break
      case 0x15:
        branch(accumulator === k)
        break
      case 0x25:
        branch(accumulator > k)
        break
      case 0x35:
        branch(accumulator >= k)
        break
      case 0x06:
        return { value: k, steps }
      default:
        throw new Error(`unknown opcode ${opcode.toString(16)}`)
    }
  }
  throw new Error('ran past the end')
}
