// Counts what a command does instead of how long it takes: with strace, which is the same on slow and on busy machines.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a command and everything it starts did. */
export interface WorkCounts {
  /** System calls, without those that depend on timing and on the memory of the JavaScript engine. */
  readonly calls: number
  /** Those of them that name a file: opening, looking, making, renaming, removing, mounting. */
  readonly files: number
  /** Processes started; threads are not counted. */
  readonly processes: number
  /** Programs executed. */
  readonly programs: number
  readonly bytesRead: number
  readonly bytesWritten: number
}

/** How often they happen depends on the machine. */
const noise =
  /^(futex|mmap|munmap|mprotect|madvise|mremap|brk|rt_sig\w+|sigaltstack|epoll_\w+|poll|ppoll|p?select6?|sched_\w+|clock_\w+|nanosleep|restart_syscall|set_robust_list|rseq|getpid|gettid|exit|membarrier)$/

const naming =
  /^(open\w*|creat|l?stat|newfstatat|statx|faccessat2?|access|readlink\w*|rename\w*|link\w*|symlink\w*|unlink\w*|rmdir|mkdir\w*|mknod\w*|ch(own|mod)\w*|fch(own|mod)at2?|utimensat|chdir|\w*mount\w*|fsopen|fsconfig|open_tree|getxattr|[lf]?setxattr|[lf]?removexattr|statfs|truncate)$/

const reading = /^(read|pread64|readv|preadv2?)$/
const writing = /^(write|pwrite64|writev|pwritev2?|copy_file_range|sendfile)$/

/** One line of the trace: `PID name(arguments) = result`, `PID name(... <unfinished ...>`, `PID <... name resumed>...) = result`. */
const started = /^\d+\s+(\w+)\(/
const resumed = /^\d+\s+<\.\.\. (\w+) resumed>.*$/
const result = /\) += (-?\d+)(?: \w.*)?$/

interface Call {
  readonly name: string
  /** False for the line on which a call that was interrupted ends. */
  readonly starts: boolean
  readonly line: string
}

const callOn = (line: string): Call | undefined => {
  const start = started.exec(line)?.[1]
  const name = start ?? resumed.exec(line)?.[1]
  return name === undefined ? undefined : { name, starts: start !== undefined, line }
}

const startsProcess = ({ name, line }: Call): boolean =>
  /^(clone3?|v?fork)$/.test(name) && !line.includes('CLONE_THREAD')

const bytesOf = ({ line }: Call): number => Math.max(0, Number(result.exec(line)?.[1] ?? 0))

/** Counts in the text that strace writes. */
export const countTrace = (trace: string): WorkCounts => {
  const all = trace.split('\n').flatMap((line) => callOn(line) ?? [])
  const calls = all.filter(({ name, starts }) => starts && !noise.test(name))
  const bytes = (kind: RegExp): number =>
    all.reduce((sum, call) => (kind.test(call.name) ? sum + bytesOf(call) : sum), 0)
  return {
    calls: calls.length,
    files: calls.filter(({ name }) => naming.test(name)).length,
    processes: calls.filter(startsProcess).length,
    programs: calls.filter(({ name }) => /^execveat?$/.test(name)).length,
    bytesRead: bytes(reading),
    bytesWritten: bytes(writing),
  }
}

/** Whether processes may be traced here: strace is installed and the kernel lets it. */
export const canTrace = (): boolean => {
  try {
    execFileSync('strace', ['-f', '-qq', '-o', '/dev/null', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Runs a command to its end, and counts. */
export const countWork = (argv: readonly string[], env: NodeJS.ProcessEnv): WorkCounts => {
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-counts-'))
  const file = join(directory, 'trace')
  try {
    const options = ['-f', '-qq', '-s', '0', '-e', 'signal=none', '-o', file]
    execFileSync('strace', [...options, ...argv], { env: { ...process.env, ...env }, stdio: 'pipe' })
    return countTrace(readFileSync(file, 'utf8'))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
