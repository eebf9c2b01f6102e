/** The only place of this room that starts processes: finds the helper and spawns it. */
import type { ChildProcess, SpawnSyncReturns, StdioOptions } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError, exitCode } from '../errors/index.ts'
import type { HostPath } from '../oci/index.ts'

const relativePath = 'native/build/tsbuild-native'

let binary: HostPath | undefined

/** Overrides where the helper lies, for all later calls. The front end calls it when the user set TSBUILD_NATIVE. */
export const useNativeBinary = (path: HostPath): void => {
  binary = path
}

/**
 * Path of the helper: what `useNativeBinary` said, or `native/build/tsbuild-native` in the nearest directory above this
 * module (works from src/ and from the bundles in dist/). Throws `native-missing`.
 */
export const nativeBinary = (): HostPath => {
  if (binary !== undefined) return binary
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    const path = join(directory, relativePath)
    if (existsSync(path)) {
      binary = path
      return path
    }
    if (directory === dirname(directory)) break
  }
  throw new AppError('native-missing', `find ${relativePath}: not built`, {
    exitCode: exitCode.engine,
    hint: 'Run `npm run native` in the project directory to build the helper.',
  })
}

// Loaded when first needed: commands that start nothing do not pay for it.
const childProcess = (): typeof import('node:child_process') => process.getBuiltinModule('node:child_process')

/** A running helper. */
export type NativeProcess = ChildProcess

export type NativeVerb =
  | 'exec'
  | 'init'
  | 'steps'
  | 'monitor'
  | 'launch'
  | 'attach'
  | 'fsops'
  | 'inflate'
  | 'net'
  | 'gzip'
  | '--version'

export interface SpawnNativeOptions {
  /** As for child_process.spawn; entries from 3 on are extra descriptors ('pipe' is a socket: readable and writable). */
  readonly stdio: StdioOptions
  /** Own session, survives this process (monitor). */
  readonly detached?: boolean
  readonly cwd?: HostPath
}

/** Starts the helper with an empty environment. Errors of the start itself arrive as the child's `error` event. */
export const spawnNative = (
  verb: NativeVerb,
  args: readonly string[],
  options: SpawnNativeOptions,
): NativeProcess =>
  childProcess().spawn(nativeBinary(), [verb, ...args], {
    env: {},
    stdio: options.stdio,
    detached: options.detached ?? false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })

export interface SpawnNativeSyncOptions {
  /** Bytes for the helper's stdin. */
  readonly input?: Uint8Array
  readonly stdio?: StdioOptions
  /** Most bytes taken from stdout or stderr; 1 GiB by default. */
  readonly maxBuffer?: number
}

/** Runs the helper to its end. The caller looks at `status`, `stderr` and `error`. */
export const spawnNativeSync = (
  verb: NativeVerb,
  args: readonly string[],
  options: SpawnNativeSyncOptions = {},
): SpawnSyncReturns<Buffer> =>
  childProcess().spawnSync(nativeBinary(), [verb, ...args], {
    env: {},
    maxBuffer: options.maxBuffer ?? 2 ** 30,
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.stdio === undefined ? {} : { stdio: options.stdio }),
  })
