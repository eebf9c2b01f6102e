import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  allCapabilities,
  compileSeccomp,
  defaultCapabilities,
  defaultSeccompProfile,
} from '../../../../src/runtime/bundle/index.ts'
import { x86_64 } from '../../../../src/runtime/bundle/seccomp/syscalls-x86-64.ts'
import { runBpf } from '../../../support/seccomp/bpf.ts'
import {
  allowed,
  buildProbe,
  type ProbedCall,
  probeInput,
  probeOutput,
} from '../../../support/seccomp/probe.ts'

const probe = process.arch === 'x64' ? buildProbe() : undefined
afterAll(() => probe?.[Symbol.dispose]())

const filterFor = (capabilities: readonly string[]): Uint8Array =>
  compileSeccomp(defaultSeccompProfile, { architecture: 'amd64', capabilities, kernelVersion: release() })

/** The kernel keeps these two from every filter, and kills a process that calls them itself. */
const unfiltered = [335, 336]
const numbers = Array.from({ length: 600 }, (_, number): ProbedCall => ({ number, first: 0n })).filter(
  ({ number }) => !unfiltered.includes(number),
)
const families = Array.from(
  { length: 60 },
  (_, family): ProbedCall => ({ number: 41, first: BigInt(family) }),
)
const personalities = [0n, 1n, 8n, 0x20000n, 0x20008n, 0x40000n, 0xffffffffn].map((first) => ({
  number: 135,
  first,
}))
const flags = Array.from({ length: 32 }, (_, bit): ProbedCall => ({ number: 56, first: 1n << BigInt(bit) }))
const calls = [...numbers, ...families, ...personalities, ...flags]

const predict = (filter: Uint8Array): readonly number[] =>
  calls.map(({ number, first }) => {
    const { value } = runBpf(filter, { number, arch: x86_64.auditArch, args: [first] })
    return value === 0x7fff0000 ? allowed : value & 0xffff
  })

describe.skipIf(!probe)('the default filter in this kernel', () => {
  it.each([
    ['default', defaultCapabilities],
    ['no', []],
    ['all', allCapabilities],
  ])('loads, and decides as its interpreter says: %s capabilities', (_, capabilities) => {
    const filter = filterFor(capabilities)
    expect(probe?.run(filter, calls)).toEqual(predict(filter))
  })
})

/** Set to the program that runs commands beside a docker; the comparison is for people, not for CI. */
const peers = process.env['TSBUILD_PEERS']

/** What docker decides for the same calls. */
const askDocker = (options: readonly string[]): readonly number[] => {
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-peer-'))
  try {
    copyFileSync(probe?.binary ?? '', join(directory, 'probe'))
    const run = ['run', 'docker', 'run', '--rm', '-i', ...options, '-v', `${directory}:/p`]
    const { status, stdout, stderr } = spawnSync(peers ?? '', [...run, 'busybox:1.35', '/p/probe', '-'], {
      input: probeInput(calls),
      cwd: directory,
    })
    expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' })
    return probeOutput(stdout.toString())
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Docker before 29.4 allows every socket family but AF_VSOCK; its newer profile has a list, and so have we. */
const isNewerSocketRule = (call: ProbedCall, theirs: number | undefined, ours: number | undefined): boolean =>
  call.number === 41 && call.first >= 12n && theirs === allowed && ours === 1

/** Those that the profile asks for. */
const deciding = new Set(defaultSeccompProfile.syscalls.flatMap(({ includes }) => includes?.caps ?? []))

describe.skipIf(!probe || !peers)('beside docker', () => {
  it.each([
    ['default', defaultCapabilities, []],
    ['all', allCapabilities, ['--cap-add', 'ALL']],
    ['no', [], ['--cap-drop', 'ALL']],
    ...[...deciding].map((name) => [name, [...defaultCapabilities, name], ['--cap-add', name]] as const),
  ] as const)(
    'decides every system call alike: %s capabilities',
    (_, capabilities: readonly string[], options: readonly string[]) => {
      const ours = predict(filterFor(capabilities))
      const theirs = askDocker(options)
      const different = calls.flatMap((call, i) =>
        theirs[i] === ours[i] || isNewerSocketRule(call, theirs[i], ours[i])
          ? []
          : [`${call.number}(${call.first}): docker ${theirs[i]}, ours ${ours[i]}`],
      )
      expect(different).toEqual([])
    },
  )
})
