import { closeSync, constants, existsSync, openSync, watch } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { noSuchContainer } from './errors.ts'
import { isPaused } from './pause-container.ts'
import { reapContainer } from './reap.ts'
import { readExit, readHealth, readRestart, stateFile } from './state-files.ts'
import { isLive, statusOf } from './status.ts'
import type { Container, ExitRecord } from './types.ts'

/** A state that a container can be waited for to be in. */
export type WaitState = 'created' | 'running' | 'paused' | 'exited' | 'healthy' | 'unhealthy'

/** `next-exit` is also an end after which it is started again; `not-running` is the default. */
export type WaitCondition = 'not-running' | 'next-exit' | 'removed' | WaitState

export interface WaitOptions {
  readonly condition?: WaitCondition
  readonly signal?: AbortSignal
}

/** Milliseconds between two looks where changes are reported; the death of a monitor changes no file. */
const pause = 200

/** Resolves when what is waited for has happened, with the last end, if there was one and it does not run now. Throws `no-such-container` when it is gone, or goes before it is in the state that is waited for. */
export const waitContainer = async (
  container: Container,
  { condition = 'not-running', signal }: WaitOptions = {},
): Promise<ExitRecord | undefined> => {
  // With --rm the directory moves to the trash at the end; what is held open can be read there.
  const fd = openDirectory(container)
  try {
    const dir = `/proc/self/fd/${fd}`
    const patience = signal === undefined ? {} : { signal }
    if (isState(condition)) return await waitForState(container, { dir, state: condition }, patience)
    await becomes(dir, conditionOf(condition, container, dir), patience)
    return settledEnd(dir)
  } finally {
    closeSync(fd)
  }
}

/** What can happen while nobody looks is gone by then: it must still be in the state at a look. */
const waitForState = async (
  container: Container,
  { dir, state }: { readonly dir: HostPath; readonly state: WaitState },
  patience: Patience,
): Promise<ExitRecord | undefined> => {
  const settle = conditionOf('not-running', container, dir)
  let reached = false
  const look = (): boolean => {
    settle()
    reached ||= states[state]({ ...container, dir, status: statusOf(dir) })
    return reached || !existsSync(join(container.dir, stateFile.record))
  }
  await becomes(dir, look, patience)
  if (!reached) throw noSuchContainer(container.record.name)
  return isLive(statusOf(dir)) ? undefined : settledEnd(dir)
}

/** A start that failed counts as an end. */
const settledEnd = (dir: HostPath): ExitRecord | undefined => {
  const status = statusOf(dir)
  if (status.kind === 'exited') return status.exit
  if (status.kind !== 'created' || !status.failure) return lastEnd(dir)
  return { ...status.failure, signal: 0, oomKilled: false, finishedAt: '' }
}

const openDirectory = ({ dir, record }: Container): number => {
  try {
    return openSync(dir, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw noSuchContainer(record.name)
    throw error
  }
}

/** True when it does not run any more, and will not by itself, within so many milliseconds; without a timeout it waits for ever. */
export const endsInTime = (container: Container, patience: { readonly timeout?: number }): Promise<boolean> =>
  becomes(container.dir, conditionOf('not-running', container, container.dir), patience)

const lastEnd = (dir: HostPath): ExitRecord | undefined => readExit(dir) ?? readRestart(dir)

/** What tells that a container is in a state. */
const states: Readonly<Record<WaitState, (container: Container) => boolean>> = {
  created: ({ status }) => status.kind === 'created',
  running: (container) => container.status.kind === 'running' && !isPaused(container),
  paused: isPaused,
  exited: ({ status }) => status.kind === 'exited',
  healthy: ({ dir, status }) => status.kind === 'running' && readHealth(dir)?.Status === 'healthy',
  unhealthy: ({ dir, status }) => status.kind === 'running' && readHealth(dir)?.Status === 'unhealthy',
}

const isState = (condition: WaitCondition): condition is WaitState => Object.hasOwn(states, condition)

const conditionOf = (condition: WaitCondition, container: Container, dir: HostPath): (() => boolean) => {
  const settle = (): boolean => {
    const status = statusOf(dir)
    // A monitor that was killed counts as the end.
    if (status.kind === 'dead') reapContainer(container)
    return !isLive(status)
  }
  if (condition === 'not-running') return settle
  if (condition === 'removed') {
    return () => {
      settle()
      return !existsSync(join(container.dir, stateFile.record))
    }
  }
  const before = lastEnd(dir)?.finishedAt
  return () => {
    settle()
    const end = lastEnd(dir)
    return end !== undefined && end.finishedAt !== before
  }
}

interface Patience {
  /** Milliseconds; for ever when absent. */
  readonly timeout?: number
  readonly signal?: AbortSignal
}

/** True when `over` holds in time. Changes in the directory are what makes it look. */
const becomes = (dir: HostPath, over: () => boolean, { timeout, signal }: Patience): Promise<boolean> =>
  new Promise((resolve, reject) => {
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
