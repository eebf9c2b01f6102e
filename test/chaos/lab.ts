import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
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
  /** Processes that were killed in the middle of a command, as `processKey` names them. */
  readonly killed: ReadonlySet<string>
  /** Runs tsrun to its end, or to `kill -9` after `killAfter` milliseconds. */
  tsrun(args: readonly string[], killAfter?: number): Promise<Ended>
}

const project = join(import.meta.dirname, '../..')
const bin = process.env['TSBUILD_BIN'] ?? join(project, 'bin')

/** `mark` is a text that is found nowhere else on this machine. */
export const makeLab = (root: string, run: string, mark: string): Lab => {
  const env = { ...process.env, TSBUILD_ROOT: root, TSBUILD_RUN: run, CI: '1', TSBUILD_CHAOS: mark }
  const killed = new Set<string>()
  const kill = (child: ChildProcess): void => {
    // Behind the front, Node is its child.
    for (const key of familyOf(child.pid)) killed.add(key)
    child.kill('SIGKILL')
  }
  return {
    root,
    run,
    mark,
    killed,
    tsrun: (args, killAfter) =>
      new Promise((resolve, reject) => {
        const child = spawn(join(bin, 'tsrun'), args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
        const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
        child.stdout.on('data', (chunk: Buffer) => chunks.stdout.push(chunk))
        child.stderr.on('data', (chunk: Buffer) => chunks.stderr.push(chunk))
        const timer = killAfter === undefined ? undefined : setTimeout(() => kill(child), killAfter)
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

/** A process for all time: its number may be used again. `startTime` is field 22 of /proc/PID/stat. */
export const processKey = (pid: unknown, startTime: unknown): string => `${pid} ${startTime}`

/** A process and its children. */
const familyOf = (pid: number | undefined): readonly string[] =>
  readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return name === String(pid) || fields[1] === String(pid) ? [processKey(name, fields[19])] : []
    } catch {
      return []
    }
  })

/** Brings a tar file in as an image. */
export const importImage = ({ root, run }: Lab, tar: string, name: string): void =>
  void execFileSync(join(bin, 'tsbuild'), ['import', '--change', 'CMD ["sh"]', tar, name], {
    env: { ...process.env, TSBUILD_ROOT: root, TSBUILD_RUN: run },
    stdio: 'pipe',
  })
