import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ended, launch, type World } from './world.ts'

/** What changes a file system, or asks it to keep a change. */
const changing = [
  'rename',
  'renameat2',
  'link',
  'symlink',
  'unlink',
  'unlinkat',
  'rmdir',
  'mkdir',
  'mkdirat',
  'open',
  'openat',
  'write',
  'pwrite64',
  'ftruncate',
  'fsync',
  'fdatasync',
  'syncfs',
  'chmod',
  'fchmod',
  'utimensat',
] as const

/** A moment of a command: just before the `n`th time that one of its threads makes this call. */
export interface Moment {
  readonly call: string
  /** From 1. */
  readonly n: number
  /** The thread may be one of the helper's processes too, which dies then instead of the command. */
  readonly anybody: boolean
}

type Command = { readonly program: 'tsbuild' | 'tsrun'; readonly args: readonly string[] }
type Place = Pick<World, 'root' | 'runRoot'>

/**
 * All moments of a command, found by letting it run once: of its own main thread, or with `anybody` of all threads and processes
 * that it starts. What it opens only to read is no moment.
 */
export const momentsOf = async (
  place: Place,
  command: Command,
  anybody: boolean,
): Promise<readonly Moment[]> => {
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-calls-'))
  try {
    const log = join(directory, 'log')
    const words = [...(anybody ? ['-f'] : []), '-qq', '-o', log, '-e', `trace=${changing.join(',')}`]
    await launch(place, ['strace', ...words], command)
    return countCalls(readFileSync(log, 'latin1'), anybody)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const countCalls = (log: string, anybody: boolean): readonly Moment[] => {
  const moments = new Map<string, Moment>()
  const counts = new Map<string, number>()
  for (const line of log.split('\n')) {
    const [, thread = '', call] = /^(?:(\d+) +)?(\w+)\(/.exec(line) ?? []
    if (call === undefined) continue
    const n = (counts.get(`${thread} ${call}`) ?? 0) + 1
    counts.set(`${thread} ${call}`, n)
    if (call.startsWith('open') && !line.includes('O_CREAT')) continue
    moments.set(`${call} ${n}`, { call, n, anybody })
  }
  return [...moments.values()]
}

/** Gives the command and kills it at that moment. `killed` is false when the moment did not come, or somebody else died. */
export const startUntil = (place: Place, command: Command, { call, n, anybody }: Moment): Promise<Ended> =>
  launch(
    place,
    [
      'strace',
      ...(anybody ? ['-f'] : []),
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      `trace=${call}`,
      '-e',
      `inject=${call}:signal=SIGKILL:when=${n}`,
    ],
    command,
  )

/** Puts a copy of the directory `from` in the place of `to`. */
export const restore = (from: string, to: string): void => {
  rmSync(to, { recursive: true, force: true })
  execFileSync('cp', ['-a', '--reflink=auto', from, to])
}
