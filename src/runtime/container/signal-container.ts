import { join } from 'node:path'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import { atomicWrite, isAlive, type ProcessIdentity } from '../../foundation/sys/index.ts'
import { ContainerError, notRunning } from './errors.ts'
import { journalOf, recordEvent } from './events.ts'
import { isPaused, unpauseContainer } from './pause-container.ts'
import { parseSignal } from './signals.ts'
import { stateFile } from './state-files.ts'
import { statusOf } from './status.ts'
import type { Container } from './types.ts'
import { endsInTime } from './wait-container.ts'

/** Docker's default. */
const defaultStopTimeout = 10

/**
 * Sends a signal (`TERM`, `SIGHUP`, `9`) to the container's first process. Throws `bad-signal`,
 * `container-not-running`.
 */
export const killContainer = (container: Container, signal: string): void => {
  const number = parseSignal(signal)
  const status = statusOf(container.dir)
  if (status.kind !== 'running' && status.kind !== 'restarting') throw notRunning('kill', container)
  if (endsContainer(number, container)) endRestarts(container, status)
  recordEvent(journalOf(container), container.record, 'kill', { signal: String(number) })
  if (status.kind === 'restarting') return
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
/** Has the monitor look at `stopped` (native/monitor.c); harmless to anybody else. */
const sigurg = 23

/** The mark comes first: whatever the monitor does now, it sees it before it starts the container again. */
const endRestarts = (container: Container, { monitor }: { readonly monitor: ProcessIdentity }): void => {
  try {
    atomicWrite(join(container.dir, stateFile.stopped), '')
    if (isAlive(monitor)) process.kill(monitor.pid, sigurg)
  } catch (error) {
    // It has just ended and, with --rm, been removed.
    if (errnoOf(error) === 'ENOENT') throw notRunning('kill', container)
    if (errnoOf(error) !== 'ESRCH') throw error
  }
}

/** What is to end a container must reach it though it is paused, as docker has it; other signals wait. */
const endsContainer = (signal: number, { record }: Container): boolean =>
  signal === sigkill || signal === parseSignal(record.options.config.StopSignal ?? 'TERM')

const letGoOn = (container: Container): void => {
  const current = { ...container, status: statusOf(container.dir) }
  if (isPaused(current)) unpauseContainer(current)
}

/**
 * Asks the container to end with its stop signal, and kills it after `timeout` seconds (its own setting, or 10, when
 * undefined; negative waits for ever). One that does not run is stopped already. Throws `container-stuck` when its monitor does not
 * react within `patience` milliseconds after that.
 */
export const stopContainer = async (
  container: Container,
  options: { readonly timeout?: number; readonly signal?: string; readonly patience?: number } = {},
): Promise<void> => {
  const status = statusOf(container.dir)
  const { config, stopTimeout } = container.record.options
  const seconds = options.timeout ?? stopTimeout ?? defaultStopTimeout
  const signal = options.signal ?? config.StopSignal ?? 'TERM'
  parseSignal(signal)
  if (status.kind !== 'running' && status.kind !== 'restarting') return
  ignoreEnded(() => endRestarts(container, status))
  ignoreEnded(() => killContainer(container, signal))
  const timeout = seconds < 0 ? {} : { timeout: Math.min(seconds * 1000, 2 ** 31 - 1) }
  if (await endsInTime(container, timeout)) return
  ignoreEnded(() => killContainer(container, 'KILL'))
  const { patience = killPatience } = options
  if (!(await endsInTime(container, { timeout: patience }))) throw stuck(container, status.monitor.pid)
}

/** Milliseconds that the monitor of a killed container gets to record its end. */
const killPatience = 60_000

const stuck = ({ record: { name } }: Container, monitor: number): ContainerError =>
  new ContainerError(
    'container-stuck',
    `stop container ${name}: it was killed, but process ${monitor}, which watches over it, does not react`,
    { hint: `tsrun rm -f ${name} ends both` },
  )

const ignoreEnded = (action: () => void): void => {
  try {
    action()
  } catch (error) {
    if (!(error instanceof ContainerError) || error.code !== 'container-not-running') throw error
  }
}
