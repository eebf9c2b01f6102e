import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { ContainerRequest, RunOptions } from '../../src/foundation/native/index.ts'
import { runContainer } from '../../src/foundation/native/index.ts'
import type { RuntimeProcess } from '../../src/foundation/oci/index.ts'
import { fillBusyboxRoot } from './busybox-root.ts'

/** Docker's default set. */
export const dockerCapabilities =
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE'
    .split(' ')
    .map((name) => `CAP_${name}`)

/** A process as a runtime would describe it: docker's capabilities, no limits, root, no terminal. */
export const plainProcess = (
  args: readonly string[],
  overrides: Partial<RuntimeProcess> = {},
): RuntimeProcess => ({
  terminal: false,
  user: { uid: 0, gid: 0, additionalGids: [] },
  args,
  env: ['PATH=/bin'],
  cwd: '/',
  capabilities: {
    bounding: dockerCapabilities,
    effective: dockerCapabilities,
    permitted: dockerCapabilities,
    inheritable: [],
    ambient: [],
  },
  rlimits: [],
  noNewPrivileges: false,
  ...overrides,
})

/** Lower directory with busybox, fresh upper and work, and a place for more, in one temporary directory. */
export interface OverlayBed {
  readonly path: string
  readonly lower: string
  readonly upper: string
  readonly work: string
  readonly [Symbol.dispose]: () => void
}

export const makeOverlayBed = (): OverlayBed => {
  const path = mkdtempSync(join(tmpdir(), 'tsbuild-bed-'))
  const bed = { path, lower: join(path, 'lower'), upper: join(path, 'fs'), work: join(path, 'work') }
  for (const directory of [bed.lower, bed.upper, bed.work]) mkdirSync(directory)
  fillBusyboxRoot(bed.lower)
  return { ...bed, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** Makes beds that are removed behind the last test of the file that calls this. */
export const bedsOfTests = (): (() => OverlayBed) => {
  const beds: OverlayBed[] = []
  afterAll(() => {
    for (const bed of beds) bed[Symbol.dispose]()
  })
  return () => {
    const fresh = makeOverlayBed()
    beds.push(fresh)
    return fresh
  }
}

const ro = ['nosuid', 'noexec', 'nodev', 'ro']

/** A container with everything a default container has: own namespaces, proc, sys, dev, masks; no network but lo. */
export const plainRequest = (
  bed: OverlayBed,
  process: RuntimeProcess | readonly string[],
  overrides: Partial<ContainerRequest> & { readonly linux?: Partial<ContainerRequest['spec']['linux']> } = {},
): ContainerRequest => {
  const { linux, ...rest } = overrides
  return {
    spec: {
      ociVersion: '1.2.0',
      process: 'args' in process ? process : plainProcess(process),
      root: { path: 'rootfs' },
      hostname: 'box',
      mounts: [
        { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
        {
          destination: '/dev',
          type: 'tmpfs',
          source: 'tmpfs',
          options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
        },
        {
          destination: '/dev/pts',
          type: 'devpts',
          source: 'devpts',
          options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
        },
        {
          destination: '/dev/mqueue',
          type: 'mqueue',
          source: 'mqueue',
          options: ['nosuid', 'noexec', 'nodev'],
        },
        {
          destination: '/dev/shm',
          type: 'tmpfs',
          source: 'shm',
          options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=67108864'],
        },
        { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ro },
        { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ro },
      ],
      linux: {
        namespaces: (['mount', 'pid', 'ipc', 'uts', 'cgroup', 'network'] as const).map((type) => ({ type })),
        devices: [],
        resources: { devices: [] },
        maskedPaths: ['/proc/acpi', '/proc/kcore', '/proc/keys', '/proc/timer_list', '/sys/firmware'],
        readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
        ...linux,
      },
    },
    root: { kind: 'overlay', lower: [bed.lower], upper: bed.upper, work: bed.work },
    network: { kind: 'none' },
    cgroups: [],
    ...rest,
  }
}

export interface Ran {
  readonly code: number
  readonly signal?: number
  readonly oomKilled?: boolean
  readonly message?: string
  readonly stdout: string
  readonly stderr: string
  readonly warnings: readonly string[]
  readonly stubs: readonly string[]
}

/** Runs to the end and gathers what was said. */
export const run = async (request: ContainerRequest, options: RunOptions = {}): Promise<Ran> => {
  const texts = { stdout: '', stderr: '' }
  const warnings: string[] = []
  const stubs: string[] = []
  const status = await runContainer(
    request,
    { stdin: options.input === undefined ? 'ignore' : 'pipe', stdout: 'pipe', stderr: 'pipe' },
    {
      onOutput: (stream, chunk) => {
        texts[stream] += Buffer.from(chunk).toString('utf8')
      },
      onWarning: (message) => warnings.push(message),
      onStubs: (paths) => stubs.push(...paths),
      ...options,
    },
  )
  return { ...status, ...texts, warnings, stubs }
}
