import { closeSync, constants, openSync, watch } from 'node:fs'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { isAlive } from '../../foundation/sys/index.ts'
import { ContainerError, notRunning } from './errors.ts'
import { isPaused, unpauseContainer } from './pause-container.ts'
import { reapContainer } from './reap.ts'
import { parseSignal } from './signals.ts'
import { statusOf } from './status.ts'
import type { Container, ContainerStatus } from './types.ts'

/** Docker's default. */
const defaultStopTimeout = 10
/** How long the monitor may take to record the end, and the pause between two looks where changes are not reported, in milliseconds. */
const pause = 200

/**
 * Sends a signal (`TERM`, `SIGHUP`, `9`) to the container's first process. Throws `bad-signal`,
 * `container-not-running`.
 */
export const killContainer = (container: Container, signal: string): void => {
  const number = parseSignal(signal)
  const status = statusOf(container.dir)
  if (status.kind !== 'running') throw notRunning('kill', container)
  try {
    // Until the monitor has reaped it the pid is taken; it does so only to record the end, which was not there yet.
    if (isAlive(status.init)) process.kill(status.init.pid, number)
    if (endsContainer(number, container)) letGoOn(container)
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return
    throw new AppError(
      'kill-failed',
      `kill container ${container.record.name}: ${errnoOf(error) ?? String(error)}`,
      {
        exitCode: exitCode.failed,
        cause: error,
      },
    )
  }
}

const sigkill = 9

/** What is to end a container must reach it though it is paused, as docker has it; other signals wait. */
const endsContainer = (signal: number, { record }: Container): boolean =>
  signal === sigkill || signal === parseSignal(record.options.config.StopSignal ?? 'TERM')

const letGoOn = (container: Container): void => {
  const current = { ...container, status: statusOf(container.dir) }
  if (isPaused(current)) unpauseContainer(current)
}

/**
 * Asks the container to end with its stop signal, and kills it after `timeout` seconds (its own setting, or 10, when
 * undefined; negative waits for ever). One that does not run is stopped already.
 */
export const stopContainer = async (
  container: Container,
  options: { readonly timeout?: number; readonly signal?: string } = {},
): Promise<void> => {
  if (statusOf(container.dir).kind !== 'running') return
  const { config, stopTimeout } = container.record.options
  const seconds = options.timeout ?? stopTimeout ?? defaultStopTimeout
  ignoreEnded(() => killContainer(container, options.signal ?? config.StopSignal ?? 'TERM'))
  const timeout = seconds < 0 ? {} : { timeout: Math.min(seconds * 1000, 2 ** 31 - 1) }
  if (await ends(container, timeout)) return
  ignoreEnded(() => killContainer(container, 'KILL'))
  await ends(container, {})
}

/** Resolves when the container has ended, with how; at once for one that does not run. */
export const waitContainer = async (
  container: Container,
  signal?: AbortSignal,
): Promise<Extract<ContainerStatus, { kind: 'exited' }> | undefined> => {
  // With --rm the directory moves to the trash at the end; what is held open can be read there.
  const fd = openSync(container.dir, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    const dir = `/proc/self/fd/${fd}`
    await ends(container, { dir, ...(signal === undefined ? {} : { signal }) })
    const status = statusOf(dir)
    return status.kind === 'exited' ? status : undefined
  } finally {
    closeSync(fd)
  }
}

const ignoreEnded = (action: () => void): void => {
  try {
    action()
  } catch (error) {
    if (!(error instanceof ContainerError) || error.code !== 'container-not-running') throw error
  }
}

interface Patience {
  /** Milliseconds; for ever when absent. */
  readonly timeout?: number
  readonly signal?: AbortSignal
  /** Where the container's files are read; its directory when absent. */
  readonly dir?: HostPath
}

/** True when it has ended in time. A monitor that was killed counts as the end. */
const ends = (container: Container, { timeout, signal, dir = container.dir }: Patience): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const over = (): boolean => {
      const { kind } = statusOf(dir)
      if (kind === 'dead') reapContainer(container)
      return kind !== 'running'
    }
    if (over()) {
      resolve(true)
      return
    }
    let finished = false
    const finish = (settle: () => void): void => {
      if (finished) return
      finished = true
      clearInterval(timer)
      clearTimeout(deadline)
      watcher?.close()
      settle()
    }
    const look = (): void => {
      if (over()) finish(() => resolve(true))
    }
    const watcher = watchDirectory(dir, look)
    // The death of a monitor changes no file.
    const timer = setInterval(look, watcher ? pause : pause / 10)
    const deadline =
      timeout === undefined ? undefined : setTimeout(() => finish(() => resolve(over())), timeout)
    signal?.addEventListener('abort', () => finish(() => reject(signal.reason)), { once: true })
    look()
  })

const watchDirectory = (dir: string, onChange: () => void): ReturnType<typeof watch> | undefined => {
  try {
    const watcher = watch(dir, onChange)
    watcher.on('error', () => undefined)
    return watcher
  } catch {
    // The limit of inotify instances: looking again and again does as well.
    return undefined
  }
}
