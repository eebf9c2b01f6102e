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
  /** What it is told that it is called; `program` when absent. */
  readonly argv0?: string
  /** All that it gets: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: HostPath
  readonly signal: AbortSignal
  /** Its standard input; none when absent. */
  readonly input?: Uint8Array
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
 * Runs a program of the host to its end. It is the leader of a process group that is killed when the
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
      ...(request.argv0 === undefined ? {} : { argv0: request.argv0 }),
      stdio: [request.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      detached: true,
    })
    if (!child.stdout || !child.stderr) return
    // A program that ends before it has read its input is not an error.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(request.input)
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

/** A program that runs beside this one. */
export interface HeldProgram {
  /** The first line that it prints. */
  readonly line: string
  /** Closes its standard input, which is how it is told to end. */
  release(): void
}

/**
 * Starts a program of the host that ends when its standard input does: at the latest with this process, however that ends.
 * Resolves when it has printed a line; rejects with what it said when it ends before.
 */
export const holdProgram = (request: Omit<ProgramRequest, 'input'>): Promise<HeldProgram> =>
  new Promise((resolve, reject) => {
    const { spawn } = process.getBuiltinModule('node:child_process')
    const child = spawn(request.program, [...request.args], {
      env: { ...request.env },
      cwd: request.cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    })
    const stderr = collect(4096, 'last')
    let text = ''
    child.stdin.on('error', () => undefined)
    child.stderr.on('data', stderr.add)
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const end = text.indexOf('\n')
      if (end < 0) return
      // From here on it does not keep this process alive.
      child.unref()
      resolve({ line: text.slice(0, end), release: () => child.stdin.destroy() })
    })
    const abort = (): void => void child.stdin.destroy()
    request.signal.addEventListener('abort', abort, { once: true })
    child.once('error', reject)
    child.once('close', () => {
      request.signal.removeEventListener('abort', abort)
      reject(new Error(stderr.bytes().toString().trim() || 'it ended at once'))
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
