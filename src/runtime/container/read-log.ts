import { closeSync, constants, fstatSync, openSync, readSync, watch } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import { type LogLine, parseLogLine } from './log-lines.ts'
import { stateFile } from './state-files.ts'
import { statusOf } from './status.ts'
import type { Container } from './types.ts'

export interface LogOptions {
  /** Only the last lines; all when undefined. */
  readonly tail?: number
  /** Only lines at or after, and before, this time: milliseconds since the epoch. */
  readonly since?: number
  readonly until?: number
  /** Goes on until the container has ended. */
  readonly follow?: boolean
  readonly signal?: AbortSignal
}

const chunkSize = 1 << 16
/** Milliseconds between two looks when nothing is reported. */
const pause = 250

/** The lines that a container has written, in batches; with `follow` those to come as well. */
export const readLog = async function* (
  container: Container,
  options: LogOptions = {},
): AsyncGenerator<readonly LogLine[]> {
  const fd = openLog(container)
  if (fd === undefined) return
  try {
    const reader = createLineReader(fd, options.tail === undefined ? 0 : startOfTail(fd, options.tail))
    const wanted = (line: LogLine): boolean => {
      const at = Date.parse(line.time)
      return !(at < (options.since ?? 0)) && !(at >= (options.until ?? Number.POSITIVE_INFINITY))
    }
    for (;;) {
      // Asked before reading: what came before the end is read in any case.
      const over = statusOf(container.dir).kind !== 'running'
      for (let lines = reader(); lines.length > 0; lines = reader()) yield lines.filter(wanted)
      if (!options.follow || over || options.signal?.aborted) return
      await change(container.dir, options.signal)
    }
  } finally {
    closeSync(fd)
  }
}

const openLog = (container: Container): number | undefined => {
  try {
    return openSync(join(container.dir, stateFile.log), constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Each call returns the next whole lines; [] when there is nothing new yet. */
const createLineReader = (fd: number, start: number): (() => readonly LogLine[]) => {
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

/** Where the last `count` lines start, found from the end. */
const startOfTail = (fd: number, count: number): number => {
  const { size } = fstatSync(fd)
  if (count <= 0) return size
  const chunk = Buffer.allocUnsafe(chunkSize)
  let left = count
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunkSize)
    const length = readSync(fd, chunk, 0, end - start, start)
    for (let i = length - 1; i >= 0; i--) {
      if (chunk[i] !== 10 || start + i === size - 1) continue
      if (--left === 0) return start + i + 1
    }
    end = start
  }
  return 0
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
