import { afterAll, describe, expect, it } from 'vitest'
import { allCapabilities, defaultCapabilities } from '../../../../../src/runtime/bundle/capabilities.ts'
import { returnValueOf } from '../../../../../src/runtime/bundle/seccomp/action.ts'
import { compileSeccomp } from '../../../../../src/runtime/bundle/seccomp/compile.ts'
import { defaultSeccompProfile } from '../../../../../src/runtime/bundle/seccomp/default-profile.ts'
import type {
  DockerSeccompProfile,
  SeccompArgument,
  SeccompHost,
} from '../../../../../src/runtime/bundle/seccomp/profile-types.ts'
import { selectRules } from '../../../../../src/runtime/bundle/seccomp/select.ts'
import { readSyscalls, type SyscallSource } from '../../../../../src/runtime/bundle/seccomp/syscall-table.ts'
import { aarch64 } from '../../../../../src/runtime/bundle/seccomp/syscalls-aarch64.ts'
import { arm } from '../../../../../src/runtime/bundle/seccomp/syscalls-arm.ts'
import { i386 } from '../../../../../src/runtime/bundle/seccomp/syscalls-i386.ts'
import { x32 } from '../../../../../src/runtime/bundle/seccomp/syscalls-x32.ts'
import { x86_64 } from '../../../../../src/runtime/bundle/seccomp/syscalls-x86-64.ts'
import { runBpf } from '../../../../support/seccomp/bpf.ts'
import { buildOracle } from '../../../../support/seccomp/oracle.ts'

const oracle = buildOracle()
afterAll(() => oracle?.[Symbol.dispose]())

const allow = 0x7fff0000
const eperm = 0x50001
const enosys = 0x50026
const x32Bit = 0x40000000

interface Abi {
  readonly oracleName: string
  readonly source: SyscallSource
  readonly bit: number
  readonly wide: boolean
}
const abis: Readonly<Record<string, readonly Abi[]>> = {
  amd64: [
    { oracleName: 'x86_64', source: x86_64, bit: 0, wide: true },
    { oracleName: 'x86', source: i386, bit: 0, wide: false },
    { oracleName: 'x32', source: x32, bit: x32Bit, wide: false },
  ],
  arm64: [
    { oracleName: 'aarch64', source: aarch64, bit: 0, wide: true },
    { oracleName: 'arm', source: arm, bit: 0, wide: false },
  ],
}

const host = (architecture: string, capabilities: readonly string[]): SeccompHost => ({
  architecture,
  capabilities,
  kernelVersion: '6.1.0-13',
})

const values32 = [
  0n,
  1n,
  7n,
  8n,
  9n,
  11n,
  12n,
  13n,
  19n,
  37n,
  38n,
  39n,
  40n,
  41n,
  46n,
  0x20000n,
  0x20008n,
  0x10000000n,
  0x7e020000n,
  0xffffffffn,
]
const values64 = [...values32, 0x1_0000_0000n, 0x1_0000_0026n, 0xffff_ffff_ffff_ffffn]

/** Calls whose arguments some rule looks at. */
const examined = new Set(
  defaultSeccompProfile.syscalls.filter(({ args }) => args?.length).flatMap(({ names }) => names),
)

interface Comparison {
  readonly ours: Uint8Array
  readonly theirs: Uint8Array
  readonly abi: Abi
  readonly skip: ReadonlySet<number>
  readonly highest: number
}

/** Compares two programs for every number of an ABI, with many first arguments where these matter. */
const compare = ({ ours, theirs, abi, skip, highest }: Comparison): void => {
  const numbers = readSyscalls(abi.source)
  const picky = new Set([...examined].map((name) => numbers.get(name)))
  for (let number = 0; number <= highest; number++) {
    if (skip.has(number)) continue
    const values = !picky.has(number) ? [0n, 0xffff_ffffn] : abi.wide ? values64 : values32
    for (const first of values) {
      const call = { number: number + abi.bit, arch: abi.source.auditArch, args: [first] }
      const [got, wanted] = [runBpf(ours, call).value, runBpf(theirs, call).value]
      if (got !== wanted) expect({ call, got }).toEqual({ call, got: wanted })
    }
  }
}

describe.skipIf(!oracle)('default profile equals what libseccomp makes of it', () => {
  for (const architecture of ['amd64', 'arm64'])
    for (const [what, capabilities] of [
      ['default capabilities', defaultCapabilities],
      ['no capabilities', []],
      ['all capabilities', allCapabilities],
    ] as const)
      it(`${architecture}, ${what}`, () => {
        const on = host(architecture, capabilities)
        const rules = selectRules(defaultSeccompProfile, on)
        const valued = rules.map((rule) => ({ ...rule, value: returnValueOf(rule.action, rule.errnoRet) }))
        const names = new Set(rules.flatMap((rule) => rule.names))
        const list = abis[architecture] ?? []
        const { program, unknown } = oracle?.compile(
          eperm,
          list.map((a) => a.oracleName),
          valued,
        ) ?? { program: new Uint8Array(), unknown: [] }
        const ours = compileSeccomp(defaultSeccompProfile, on)
        for (const abi of list) {
          const numbers = readSyscalls(abi.source)
          // x32 got map_shadow_stack later than libseccomp 2.5 thinks.
          const newer = abi.source === x32 ? [...unknown, 'map_shadow_stack'] : unknown
          const skip = new Set(newer.map((name) => numbers.get(name) ?? -1))
          // A newer libseccomp fills gaps that older ones leave; what both sides know by name is compared.
          const highest = Math.max(
            ...[...numbers].filter(([name, n]) => names.has(name) && n < 0x1000).map(([, n]) => n),
          )
          compare({ ours, theirs: program, abi, skip, highest })
          const beyond = { number: highest + 1 + abi.bit, arch: abi.source.auditArch, args: [] }
          expect(runBpf(ours, beyond).value).toBe(enosys)
        }
      })
})

/** One rule of a call that takes 64 bit arguments, on amd64 alone. */
const single = (
  args: readonly SeccompArgument[],
  extra: Partial<DockerSeccompProfile> = {},
): DockerSeccompProfile => ({
  defaultAction: 'SCMP_ACT_ERRNO',
  syscalls: [{ names: ['mmap'], action: 'SCMP_ACT_ALLOW', args }],
  ...extra,
})

const mmap = (args: readonly bigint[]) => ({ number: 9, arch: x86_64.auditArch, args })

describe('argument comparisons', () => {
  const edges = [
    0n,
    1n,
    5n,
    0x7fff_ffffn,
    0xffff_ffffn,
    0x1_0000_0000n,
    0x1_0000_0005n,
    0x5_0000_0000n,
    0xffff_ffff_ffff_fffen,
    0xffff_ffff_ffff_ffffn,
  ]
  const meaning: Readonly<Record<string, (a: bigint, value: bigint, two: bigint) => boolean>> = {
    NE: (a, v) => a !== v,
    LT: (a, v) => a < v,
    LE: (a, v) => a <= v,
    EQ: (a, v) => a === v,
    GE: (a, v) => a >= v,
    GT: (a, v) => a > v,
    MASKED_EQ: (a, mask, two) => (a & mask) === two,
  }
  const check = (name: string, value: bigint): void => {
    const valueTwo = name === 'MASKED_EQ' ? value & 0x5_0000_0005n : 0n
    const args = [{ index: 3, op: `SCMP_CMP_${name}`, value, valueTwo }]
    const rule = { names: ['mmap'], action: '', args, value: allow }
    const ours = compileSeccomp(single(args), host('amd64', []))
    const theirs = oracle?.compile(eperm, ['x86_64'], [rule]).program ?? ours
    for (const argument of edges) {
      const call = mmap([0n, 0n, 0n, argument])
      const wanted = meaning[name]?.(argument, value, valueTwo) ? allow : eperm
      const got = [runBpf(ours, call).value, runBpf(theirs, call).value]
      expect({ value, argument, got }).toEqual({ value, argument, got: [wanted, wanted] })
    }
  }
  it.each(Object.keys(meaning))('%s compares all 64 bits, as libseccomp does', (name) => {
    for (const value of edges) check(name, value)
  })

  it('needs every argument of a rule to hold, and any of several for one argument', () => {
    const eq = (index: number, value: number): SeccompArgument => ({ index, value, op: 'SCMP_CMP_EQ' })
    const both = compileSeccomp(single([eq(0, 1), eq(1, 2)]), host('amd64', []))
    expect(runBpf(both, mmap([1n, 2n])).value).toBe(allow)
    expect(runBpf(both, mmap([1n, 3n])).value).toBe(eperm)
    expect(runBpf(both, mmap([0n, 2n])).value).toBe(eperm)
    const either = compileSeccomp(single([eq(0, 1), eq(0, 2)]), host('amd64', []))
    expect([1n, 2n, 3n].map((a) => runBpf(either, mmap([a])).value)).toEqual([allow, allow, eperm])
  })
})

describe('structure', () => {
  it('kills calls of architectures that are not listed', () => {
    const program = compileSeccomp(single([]), host('amd64', []))
    expect(runBpf(program, { number: 9, arch: i386.auditArch, args: [] }).value).toBe(0)
    expect(runBpf(program, { number: 9 + x32Bit, arch: x86_64.auditArch, args: [] }).value).toBe(0)
    expect(runBpf(program, mmap([])).value).toBe(allow)
  })

  it('decides in few instructions', () => {
    const program = compileSeccomp(defaultSeccompProfile, host('amd64', defaultCapabilities))
    expect(program.length / 8).toBeLessThan(500)
    for (let number = 0; number < 472; number++)
      if (number !== 41 && number !== 135)
        expect(runBpf(program, { number, arch: x86_64.auditArch, args: [] }).steps).toBeLessThan(20)
  })

  it('reaches far targets', () => {
    const names = [...readSyscalls(x86_64).keys()]
    const syscalls = names.map((name, i) => ({
      names: [name],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: i,
      args: [{ index: 0, op: 'SCMP_CMP_GT', value: i }],
    }))
    const program = compileSeccomp({ defaultAction: 'SCMP_ACT_LOG', syscalls }, host('amd64', []))
    for (const [i, number] of [...readSyscalls(x86_64).values()].entries()) {
      const call = (first: number) => ({ number, arch: x86_64.auditArch, args: [BigInt(first)] })
      expect(runBpf(program, call(i + 1)).value).toBe(0x50000 + i)
      expect(runBpf(program, call(i)).value).toBe(0x7ffc0000)
    }
  })

  it('drops groups whose conditions do not hold', () => {
    const profile: DockerSeccompProfile = {
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 13,
      syscalls: [
        { names: ['read'], action: 'SCMP_ACT_ALLOW', includes: { minKernel: '6.2' } },
        { names: ['write'], action: 'SCMP_ACT_ALLOW', includes: { minKernel: '5.19' } },
        { names: ['open'], action: 'SCMP_ACT_ALLOW', excludes: { minKernel: '5.0' } },
        { names: ['close'], action: 'SCMP_ACT_ALLOW', includes: { caps: ['CAP_CHOWN', 'CAP_BPF'] } },
        { names: ['stat'], action: 'SCMP_ACT_ALLOW', excludes: { caps: ['CAP_CHOWN'] } },
        { names: ['fstat'], action: 'SCMP_ACT_ALLOW', excludes: { arches: ['arm64'] } },
        { names: ['lstat'], action: 'SCMP_ACT_KILL_PROCESS' },
      ],
    }
    const program = compileSeccomp(profile, host('amd64', ['CAP_CHOWN']))
    const values = [0, 1, 2, 3, 4, 5, 6].map((number) => runBpf(program, { ...mmap([]), number }).value)
    const denied = 0x50000 + 13
    expect(values).toEqual([denied, allow, denied, denied, denied, allow, 0x80000000])
  })
})

describe('attacks on the default profile', () => {
  const program = compileSeccomp(defaultSeccompProfile, host('amd64', defaultCapabilities))
  const native = (name: string, ...args: bigint[]): number =>
    runBpf(program, { number: readSyscalls(x86_64).get(name) ?? -1, arch: x86_64.auditArch, args }).value

  it('refuses sockets of AF_ALG and AF_VSOCK, also with bits above an int', () => {
    expect([1n, 2n, 10n, 16n, 17n, 39n].map((family) => native('socket', family))).toEqual(
      Array(6).fill(allow),
    )
    expect(
      [38n, 40n, 0x1_0000_0026n, 0x1_0000_0028n, 0x1_0000_0001n, 46n].map((f) => native('socket', f)),
    ).toEqual(Array(6).fill(eperm))
  })

  it('refuses new namespaces by clone, and tells C libraries that there is no clone3', () => {
    for (const flag of [
      0x20000n,
      0x02000000n,
      0x04000000n,
      0x08000000n,
      0x10000000n,
      0x20000000n,
      0x40000000n,
    ])
      expect(native('clone', flag | 17n)).toBe(eperm)
    expect(native('clone', 0x3d0f00n)).toBe(allow)
    expect(native('clone3')).toBe(enosys)
    expect(native('unshare')).toBe(eperm)
    expect(native('setns')).toBe(eperm)
  })

  it.each([
    'io_uring_setup',
    'io_uring_enter',
    'io_uring_register',
    'keyctl',
    'add_key',
    'request_key',
    'userfaultfd',
    'pivot_root',
    'kexec_load',
    'kexec_file_load',
    'bpf',
    'mount',
    'umount2',
    'fsopen',
    'open_tree',
    'move_mount',
    'init_module',
    'reboot',
    'swapon',
    'open_by_handle_at',
    'perf_event_open',
    'syslog',
    'settimeofday',
    'quotactl',
    'acct',
    'nfsservctl',
    'iopl',
    'ioperm',
    'kcmp',
    'pidfd_getfd',
    'vhangup',
    'sethostname',
  ])('refuses %s', (name) => {
    expect(native(name)).toBe(eperm)
  })

  it('allows ptrace since Linux 4.8 only', () => {
    expect(native('ptrace')).toBe(allow)
    const old = compileSeccomp(defaultSeccompProfile, { ...host('amd64', []), kernelVersion: '4.7.9' })
    expect(runBpf(old, { number: 101, arch: x86_64.auditArch, args: [] }).value).toBe(eperm)
  })

  it('does not list a call twice', () => {
    const plain = defaultSeccompProfile.syscalls[0]?.names ?? []
    expect(plain.length).toBe(new Set(plain).size)
    const known = new Set(
      [x86_64, i386, x32, aarch64, arm].flatMap((source) => [...readSyscalls(source).keys()]),
    )
    const others = plain.filter((name) => !known.has(name))
    expect(others).toEqual(
      ['utimensat_time64']
        .filter((name) => !known.has(name))
        .concat(['riscv_hwprobe'])
        .sort(),
    )
  })
})

describe('broken profiles', () => {
  it.each([
    [single([{ index: 6, op: 'SCMP_CMP_EQ', value: 0 }]), 'argument index 6'],
    [single([{ index: 0, op: 'SCMP_CMP_LIKE', value: 0 }]), 'comparison SCMP_CMP_LIKE'],
    [single([{ index: 0, op: 'SCMP_CMP_GT', value: 0.5 }]), 'argument value 0.5'],
    [{ ...single([]), defaultAction: 'SCMP_ACT_MAYBE' }, 'action SCMP_ACT_MAYBE'],
    [{ ...single([]), defaultErrnoRet: 4096 }, 'errnoRet 4096'],
  ])('says what is wrong (%#)', (profile, problem) => {
    expect(() => compileSeccomp(profile, host('amd64', []))).toThrow(problem)
  })

  it('does not pretend on machines without a table', () => {
    expect(() => compileSeccomp(defaultSeccompProfile, host('s390x', []))).toThrow('s390x')
  })
})
