import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fillBusyboxRoot } from '../busybox-root.ts'
import type { Outcome } from './rig.ts'

type Json = Record<string, unknown>

/** An OCI bundle with a busybox root, and a state directory of its own for tsrunc. */
export interface Bundle {
  readonly path: string
  /** Where tsrunc keeps its state. */
  readonly state: string
  /** Writes config.json anew: a shell script as the program, and changes. */
  configure(script: string, change?: (config: BundleConfig) => void): void
  /** Runs tsrunc to its end. What the container writes on stdout and stderr is in the outcome as far as it was written by then. */
  tsrunc(...args: readonly string[]): Promise<Outcome>
  /** The command line of `tsrunc`, for processes that are killed in between. */
  commandOf(...args: readonly string[]): readonly [program: string, ...args: string[]]
  [Symbol.dispose](): void
}

export interface BundleConfig extends Json {
  process: Json
  root: Json
  linux: Json
  mounts: Json[]
}

const project = join(import.meta.dirname, '../../..')
const capabilities = ['CAP_CHOWN', 'CAP_DAC_OVERRIDE', 'CAP_KILL', 'CAP_SETUID', 'CAP_SETGID']

const configOf = (script: string): BundleConfig => ({
  ociVersion: '1.2.0',
  process: {
    args: ['sh', '-c', script],
    env: ['PATH=/bin'],
    cwd: '/',
    user: { uid: 0, gid: 0 },
    capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
  },
  root: { path: 'rootfs' },
  hostname: 'bundle',
  mounts: [
    { destination: '/proc', type: 'proc', source: 'proc' },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
    { destination: '/dev/pts', type: 'devpts', source: 'devpts', options: ['newinstance', 'ptmxmode=0666'] },
  ],
  linux: { namespaces: ['pid', 'network', 'mount', 'ipc', 'uts', 'cgroup'].map((type) => ({ type })) },
})

export const makeBundle = (): Bundle => {
  const path = mkdtempSync(join(tmpdir(), 'tsbuild-bundle-'))
  const state = join(path, 'state')
  mkdirSync(join(path, 'rootfs'))
  fillBusyboxRoot(join(path, 'rootfs'))
  const commandOf: Bundle['commandOf'] = (...args) => [
    join(project, 'bin/tsrunc'),
    '--root',
    state,
    '--log',
    join(path, 'log.json'),
    '--log-format=json',
    ...args,
  ]
  let runs = 0
  return {
    path,
    state,
    commandOf,
    configure: (script, change) => {
      const config = configOf(script)
      change?.(config)
      writeFileSync(join(path, 'config.json'), JSON.stringify(config))
    },
    // Files and not pipes: what goes on in the background would keep a pipe open.
    tsrunc: (...args) => {
      const [program, ...words] = commandOf(...args)
      const files = [join(path, `out${++runs}`), join(path, `err${runs}`)] as const
      const [out, err] = [openSync(files[0], 'w'), openSync(files[1], 'w')]
      return new Promise((resolve, reject) => {
        const child = spawn(program, words, { cwd: path, stdio: ['ignore', out, err] })
        child.once('error', reject)
        child.once('exit', (code) => {
          closeSync(out)
          closeSync(err)
          const [stdout, stderr] = [readFileSync(files[0], 'utf8'), readFileSync(files[1], 'utf8')]
          resolve({ code: code ?? 137, stdout, stderr })
        })
      })
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}
