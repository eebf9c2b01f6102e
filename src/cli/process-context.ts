import { fstatSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError, errnoOf, exitCode } from '../foundation/errors/index.ts'
import type { HostPath } from '../foundation/oci/index.ts'
import type { CliContext, CliOutput } from './context.ts'

/** The context of this very process. `root` is the value of --root when there is one. */
export const processContext = (options: { readonly root?: string } = {}): CliContext => {
  const { env } = process
  const cwd = workingDirectory()
  return {
    stdout: outputOf(1),
    stderr: outputOf(2),
    stdin: { fd: 0, isTTY: isTerminal(0) },
    env,
    cwd,
    root: resolve(cwd, options.root ?? (env['TSBUILD_ROOT'] || '/var/lib/tsbuild')),
    runRoot: resolve(cwd, env['TSBUILD_RUN'] || '/run/tsbuild'),
    now: Date.now,
  }
}

const workingDirectory = (): HostPath => {
  try {
    return process.cwd()
  } catch (error) {
    throw new AppError('no-working-directory', 'find the working directory: it was removed', {
      exitCode: exitCode.usage,
      hint: 'change to a directory that exists',
      cause: error,
    })
  }
}

/** Pipes, files and /dev/null (major 1) are told by a stat: node:tty loads all of node:net. */
const isTerminal = (fd: number): boolean => {
  try {
    const stat = fstatSync(fd)
    return stat.isCharacterDevice() && stat.rdev >> 8 !== 1 && process.getBuiltinModule('node:tty').isatty(fd)
  } catch {
    return false
  }
}

const outputOf = (fd: 1 | 2): CliOutput => ({
  fd,
  isTTY: isTerminal(fd),
  get columns() {
    // The stream object is made only for a terminal: it costs a millisecond.
    return (isTerminal(fd) && (fd === 1 ? process.stdout : process.stderr).columns) || 80
  },
  write: (chunk) => writeAll(fd, typeof chunk === 'string' ? Buffer.from(chunk) : chunk),
})

/** The other end may have made the pipe non-blocking (EAGAIN): wait for it. A reader that left (EPIPE) ends the command quietly. */
const writeAll = (fd: number, bytes: Uint8Array): void => {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done)
    } catch (error) {
      if (errnoOf(error) === 'EPIPE') process.exit(0)
      if (errnoOf(error) !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}
