import { fstatSync, readSync, watch } from 'node:fs'
import { ContainerError } from './errors.ts'
import { openLogFiles } from './log-files.ts'
import { type LogLine, parseLogLine } from './log-lines.ts'
import { isLive, statusOf } from './status.ts'
import type { Container } from './types.ts'

export interface LogOptions {
  /** Only the last lines; all when undefined. */
  readonly tail?: number
  /** Only lines from this time to that one, both included: nanoseconds since the epoch. */
  readonly since?: bigint
  readonly until?: bigint
  /** Goes on until the container has ended, or that time has come. */
  readonly follow?: boolean
  readonly signal?: AbortSignal
}

const chunkSize = 1 << 16
/** Milliseconds between two looks when nothing is reported. */
const pause = 250

/** The lines that a container has written, in batches; with `follow` those to come as well. Throws `no-log`. */
export const readLog = async function* (
  container: Container,
  options: LogOptions = {},
): AsyncGenerator<readonly LogLine[]> {
  if (container.record.options.life?.log?.driver === 'none') throw noLog(container)
  using files = openLogFiles(container.dir)
  const wanted = lineFilter(options)
  const starts = startsOfTail(files.descriptors(), options.tail)
  let reader: LineReader = noLines
  const takeNext = (): boolean => {
    const fd = files.next()
    if (fd !== undefined) reader = createLineReader(fd, starts.get(fd) ?? 0)
    return fd !== undefined
  }
  takeNext()
  for (;;) {
    // Asked before reading: what came before the end is read in any case, and a file that was put aside is whole.
    const over = !isLive(statusOf(container.dir)) || isPast(options.until)
    const complete = files.isComplete()
    for (let lines = reader(); lines.length > 0; lines = reader()) yield lines.filter(wanted)
    if (complete && takeNext()) continue
    if (!options.follow || over || options.signal?.aborted) return
    await change(container.dir, options.signal)
  }
}

/** Times are all written with the same digits, so that they compare as texts. */
const lineFilter = ({ since, until }: LogOptions): ((line: LogLine) => boolean) => {
  const first = since === undefined ? '' : timeText(since)
  const last = until === undefined ? undefined : timeText(until)
  return ({ time }) => time >= first && (last === undefined || time <= last)
}

/** RFC 3339 with nine digits, as the monitor writes it (native/monitor_state.c); what is outside of four-digit years is at their ends. */
const timeText = (nanoseconds: bigint): string => {
  const least = 0n
  const most = 253_402_300_799_999_999_999n
  const at = nanoseconds < least ? least : nanoseconds > most ? most : nanoseconds
  const seconds = new Date(Number(at / 1_000_000_000n) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${String(at % 1_000_000_000n).padStart(9, '0')}Z`
}

const isPast = (until: bigint | undefined): boolean =>
  until !== undefined && BigInt(Date.now()) * 1_000_000n > until

const noLog = ({ record }: Container): ContainerError =>
  new ContainerError('no-log', `read the log of container ${record.name}: it was started without one`, {
    hint: 'the container has --log-driver none',
  })

type LineReader = () => readonly LogLine[]
const noLines: LineReader = () => []

/** Each call returns the next whole lines; [] when there is nothing new yet. */
const createLineReader = (fd: number, start: number): LineReader => {
  const chunk = Buffer.allocUnsafe(chunkSize)
  let position = start
  let rest = Buffer.alloc(0)
  return () => {
    for (;;) {
      const count = readSync(fd, chunk, 0, chunk.length, position)
      if (count === 0) return []
      position += count
      const bytes = Buffer.concat([rest, chunk.subarray(0, count)])
      const end = bytes.lastIndexOf(10)
      rest = Buffer.from(bytes.subarray(end + 1))
      if (end < 0) continue
      const lines = bytes.toString('utf8', 0, end).split('\n')
      const parsed = lines.flatMap((line) => parseLogLine(line) ?? [])
      if (parsed.length > 0) return parsed
    }
  }
}

/** Where the last `count` lines of several files start: nothing for those that are read from their beginning. */
const startsOfTail = (
  descriptors: readonly number[],
  count: number | undefined,
): ReadonlyMap<number, number> => {
  const starts = new Map<number, number>()
  if (count === undefined) return starts
  let left = count
  for (const fd of descriptors.toReversed()) {
    const { start, found } = startOfTail(fd, left)
    starts.set(fd, start)
    left -= found
  }
  return starts
}

/** Where the last `count` lines of one file start, and how many there are. */
const startOfTail = (fd: number, count: number): { readonly start: number; readonly found: number } => {
  const { size } = fstatSync(fd)
  if (count <= 0 || size === 0) return { start: size, found: 0 }
  const chunk = Buffer.allocUnsafe(chunkSize)
  let found = 0
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunkSize)
    const length = readSync(fd, chunk, 0, end - start, start)
    for (let i = length - 1; i >= 0; i--) {
      if (chunk[i] !== 10 || start + i === size - 1) continue
      if (++found === count) return { start: start + i + 1, found }
    }
    end = start
  }
  return { start: 0, found: found + 1 }
}

/** Resolves when something in the directory has changed, or after a while. */
const change = (dir: string, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    let watcher: ReturnType<typeof watch> | undefined
    const done = (): void => {
      clearTimeout(timer)
      watcher?.close()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, pause)
    signal?.addEventListener('abort', done, { once: true })
    try {
      watcher = watch(dir, done)
      watcher.on('error', done)
    } catch {
      // No inotify instance left, or the directory is gone: the timer does.
    }
  })
