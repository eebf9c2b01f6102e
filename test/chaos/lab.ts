import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** We killed it before it was done. */
  readonly killed: boolean
}

/** The programs of this tree on one store. */
export interface Lab {
  readonly root: string
  readonly run: string
  /** What every process of the storm has in its environment. */
  readonly mark: string
  /** Runs tsrun to its end, or to `kill -9` after `killAfter` milliseconds. */
  tsrun(args: readonly string[], killAfter?: number): Promise<Ended>
}

const project = join(import.meta.dirname, '../..')
const bin = process.env['TSBUILD_BIN'] ?? join(project, 'bin')

/** `mark` is a text that is found nowhere else on this machine. */
export const makeLab = (root: string, run: string, mark: string): Lab => {
  const env = { ...process.env, TSBUILD_ROOT: root, TSBUILD_RUN: run, CI: '1', TSBUILD_CHAOS: mark }
  return {
    root,
    run,
    mark,
    tsrun: (args, killAfter) =>
      new Promise((resolve, reject) => {
        const child = spawn(join(bin, 'tsrun'), args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
        const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
        child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk))
        child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk))
        const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfter)
        child.on('error', reject)
        // Not 'close': a container that goes on may hold the pipes of a tsrun that was killed.
        child.on('exit', (code, signal) => {
          clearTimeout(timer)
          setImmediate(() => {
            child.stdout.destroy()
            child.stderr.destroy()
            resolve({
              code: code ?? 137,
              stdout: Buffer.concat(chunks.stdout).toString(),
              stderr: Buffer.concat(chunks.stderr).toString(),
              killed: signal === 'SIGKILL',
            })
          })
        })
      }),
  }
}

/** Brings a tar file in as an image. */
export const importImage = ({ root, run }: Lab, tar: string, name: string): void =>
  void execFileSync(join(bin, 'tsbuild'), ['import', '--change', 'CMD ["sh"]', tar, name], {
    env: { ...process.env, TSBUILD_ROOT: root, TSBUILD_RUN: run },
    stdio: 'pipe',
  })
