import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BaseImage } from './base.ts'
import type { Case } from './types.ts'

/** How a build ended. `output` is everything it said. */
export interface Outcome {
  readonly status: number
  readonly output: string
}

/** One of the two that are compared. */
export interface Builder {
  readonly name: string
  /** Builds in `context` (a copy of the case's directory) and writes a docker archive to `archive`. */
  build(test: Case, context: string, archive: string, server: string): Promise<Outcome>
}

interface Program {
  readonly name: string
  /** Command line that runs it in `cwd` with more environment. */
  argv(cwd: string, env: Readonly<Record<string, string>>): readonly string[]
  /** Of every build. */
  readonly buildOptions: readonly string[]
}

const project = join(import.meta.dirname, '../..')

const run = (argv: readonly string[], cwd: string, input: Buffer | undefined): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const [file = '', ...args] = argv
    const child = spawn(file, args, { cwd, stdio: 'pipe' })
    const chunks: Buffer[] = []
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({ status: code ?? 1, output: Buffer.concat(chunks).toString().trim() }),
    )
  })

const builder = (program: Program): Builder => ({
  name: program.name,
  build: async (test, context, archive, server) => {
    const { options } = test
    const build = [...program.argv(context, options.env), 'build', ...program.buildOptions]
    for (const [name, file] of Object.entries(options.before)) {
      const parent = await run([...build, '-t', name, '-f', file, '.'], context, undefined)
      if (parent.status !== 0) throw new Error(`${test.name}: ${name}: ${parent.output}`)
    }
    const words = [...options.options, '-o', `type=docker,dest=${archive}`, ...options.arguments]
    const input = options.stdin === undefined ? undefined : readFileSync(join(context, options.stdin))
    return run([...build, ...words.map((word) => word.replaceAll('@SERVER@', server))], context, input)
  },
})

const must = (argv: readonly string[]): string => {
  const [file = '', ...args] = argv
  return execFileSync(file, args, { encoding: 'utf8', maxBuffer: 64 << 20 })
}

const words = (env: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(env).map(([key, value]) => `${key}=${value}`)

/** The program of this tree with a store of its own below `work`. */
export const makeOurs = (work: string, base: BaseImage): Builder => {
  const program = process.env['TSBUILD_PROGRAM'] ?? join(project, 'bin/tsbuild')
  const own = ['env', `TSBUILD_ROOT=${work}/store`, `TSBUILD_RUN=${work}/run`, 'TSBUILD_PULL=never', 'CI=1']
  must([...own, program, 'load', '-i', base.archive])
  return builder({
    name: 'tsbuild',
    argv: (_, env) => [...own, ...words(env), program],
    buildOptions: ['--no-cache', '--no-sync', '--progress=plain'],
  })
}

/** Removes the bridge that RUN steps got in `work`. */
export const removeBridge = (work: string): void => {
  const state = join(work, 'run/net/bridge.json')
  if (!existsSync(state)) return
  const { name } = JSON.parse(readFileSync(state, 'utf8')) as { name: string }
  must([join(project, 'native/build/tsbuild-native'), 'net', 'remove-bridge', name])
}

/** Where the peers' script is: it runs newer builders than the machine has. */
const peers = process.env['TSBUILD_PEERS'] ?? join(project, '../shared/lab/peers')

/** Docker with BuildKit and containerd's image store, or undefined where there is none. */
export const findDocker = (work: string, base: BaseImage): Builder | undefined => {
  if (!existsSync(peers)) return undefined
  const prefix = must([
    'env',
    `PEERS_DOCKER=${process.env['PEERS_DOCKER'] ?? 'docker-c8d'}`,
    peers,
    'prefix',
    work,
  ])
    .trim()
    .split(' ')
  const at = prefix.indexOf('-C') + 1
  const docker = (cwd: string, env: Readonly<Record<string, string>>): readonly string[] => [
    ...prefix.with(at, cwd),
    ...words(env),
    'docker',
  ]
  must([...docker(work, {}), 'load', '-i', base.archive])
  const version = must([...docker(work, {}), 'version', '--format', '{{.Server.Version}}']).trim()
  // Caches of RUN --mount=type=cache outlive a build: each run of this tool has its own.
  const fresh = `BUILDKIT_CACHE_MOUNT_NS=${process.pid}-${Date.now()}`
  return builder({
    name: `docker ${version.replace(/\+.*/, '')}`,
    argv: docker,
    buildOptions: ['--no-cache', '--provenance=false', '--progress=plain', '--build-arg', fresh],
  })
}
