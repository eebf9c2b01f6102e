import type { ChildProcess } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { HostPath } from '../oci/index.ts'

/** Absolute path of a program, looked up in the absolute directories of `PATH`: never in the working directory. */
export const findProgram = (name: string, path: string | undefined): HostPath | undefined => {
  for (const directory of (path ?? '/usr/local/bin:/usr/bin:/bin').split(':')) {
    if (!isAbsolute(directory)) continue
    const candidate = join(directory, name)
    if (isExecutable(candidate)) return candidate
  }
  return undefined
}

const isExecutable = (path: HostPath): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

export interface ProgramRequest {
  /** Absolute. */
  readonly program: HostPath
  readonly args: readonly string[]
  /** All that it gets: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: HostPath
  readonly signal: AbortSignal
  /** Bytes of each output that are kept, the last ones of stderr and the first ones of stdout; 16 MiB by default. */
  readonly maxOutput?: number
  /** Pieces of stderr as they come, for progress. */
  readonly onStderr?: (chunk: Uint8Array) => void
}

export interface ProgramResult {
  /** Exit status, or 128 + signal as a shell has it. */
  readonly status: number
  readonly stdout: Buffer
  readonly stderr: Buffer
}

/**
 * Runs a program of the host to its end, without a standard input. It is the leader of a process group that is killed when the
 * signal aborts. Throws what starting it throws, and the signal's reason.
 */
export const runProgram = (request: ProgramRequest): Promise<ProgramResult> =>
  new Promise((resolve, reject) => {
    const { program, args, env, cwd, signal } = request
    signal.throwIfAborted()
    const { spawn } = process.getBuiltinModule('node:child_process')
    const child = spawn(program, [...args], {
      env: { ...env },
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const kill = (): void => killGroup(child)
    signal.addEventListener('abort', kill, { once: true })
    const limit = request.maxOutput ?? 16 << 20
    const stdout = collect(limit, 'first')
    const stderr = collect(limit, 'last')
    child.stdout.on('data', stdout.add)
    child.stderr.on('data', (chunk: Buffer) => {
      stderr.add(chunk)
      request.onStderr?.(chunk)
    })
    child.once('error', (error) => {
      signal.removeEventListener('abort', kill)
      reject(error)
    })
    child.once('close', (code) => {
      signal.removeEventListener('abort', kill)
      if (signal.aborted) reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
      else resolve({ status: code ?? 128 + 9, stdout: stdout.bytes(), stderr: stderr.bytes() })
    })
  })

const killGroup = ({ pid }: ChildProcess): void => {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}

const collect = (limit: number, which: 'first' | 'last') => {
  const chunks: Buffer[] = []
  let size = 0
  return {
    add: (chunk: Buffer): void => {
      if (which === 'first' && size >= limit) return
      chunks.push(chunk)
      size += chunk.length
      while (which === 'last' && size - (chunks[0]?.length ?? 0) >= limit) size -= chunks.shift()?.length ?? 0
    },
    bytes: (): Buffer => Buffer.concat(chunks),
  }
}
