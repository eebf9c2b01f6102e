import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { inject } from 'vitest'

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Uint8Array
  readonly root?: string
}

const project = join(import.meta.dirname, '../../..')

/** A built program of ours, run to its end against the shared store (or `root`). */
const runProgram = (program: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> =>
  runCommand(join(project, 'bin', program), args, {
    ...options,
    env: {
      TSBUILD_ROOT: options.root ?? inject('storeRoot'),
      TSBUILD_RUN: inject('runRoot'),
      // What is not in the store is nowhere: tests do without a network.
      TSBUILD_PULL: 'never',
      ...options.env,
    },
  })

export const tsbuild = (args: readonly string[], options?: RunOptions): Promise<Outcome> =>
  runProgram('tsbuild', args, options)
export const tsrun = (args: readonly string[], options?: RunOptions): Promise<Outcome> =>
  runProgram('tsrun', args, options)

/** Any program. Its output is collected whole. */
export const runCommand = (
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, CI: '1', ...options.env },
      stdio: 'pipe',
    })
    const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
    child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk))
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input ?? '')
    child.on('error', reject)
    child.on('close', (code, signal) =>
      resolve({
        code: code ?? (signal === 'SIGKILL' ? 137 : 1),
        stdout: Buffer.concat(chunks.stdout).toString(),
        stderr: Buffer.concat(chunks.stderr).toString(),
      }),
    )
  })

/** Fails with the program's own words when the exit code is another one. */
export const expectCode = (outcome: Outcome, code = 0): Outcome => {
  if (outcome.code !== code)
    throw new Error(`exit code ${outcome.code}, expected ${code}\n${outcome.stdout}\n${outcome.stderr}`)
  return outcome
}

export interface Directory {
  readonly path: string
  write(name: string, text: string | Uint8Array): string
  [Symbol.dispose](): void
}

/** A temporary directory with the given files: a build context, most often. */
export const makeDirectory = (files: Readonly<Record<string, string | Uint8Array>> = {}): Directory => {
  const path = mkdtempSync(join(tmpdir(), 'tsbuild-test-'))
  const write = (name: string, text: string | Uint8Array): string => {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
    return join(path, name)
  }
  for (const [name, text] of Object.entries(files)) write(name, text)
  return { path, write, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}
