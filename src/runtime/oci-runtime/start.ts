import { closeSync, constants, openSync, readSync, rmSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, errnoOf } from '../../foundation/errors/index.ts'
import { NativeError, parseHelperEvent } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { asRuntimeError } from './create.ts'
import { notRunning } from './errors.ts'
import { runHooks } from './hooks.ts'
import { directoryOf, gateOf, hookStateOf, readRecord, statusOf } from './record.ts'
import type { ContainerRecord } from './types.ts'

/** Lets a created container execute its program. Throws `wrong-state`, and `not-executed` when it cannot. */
export const startContainer = async (root: HostPath, id: string): Promise<void> => {
  const record = readRecord(root, id)
  const status = statusOf(root, record)
  if (status === 'stopped') throw new AppError('wrong-state', 'cannot start a container that has stopped')
  if (status !== 'created') throw new AppError('wrong-state', `cannot start an already ${status} container`)
  passGate(root, record)
  await runPoststart(record)
}

/** A hook that fails ends the container. */
export const runPoststart = async (record: ContainerRecord): Promise<void> => {
  if (record.poststart.length === 0) return
  const pid = record.process?.pid ?? 0
  try {
    await runHooks(record.poststart, hookStateOf(record, 'running', pid))
  } catch (error) {
    if (pid > 0) process.kill(pid, 'SIGKILL')
    throw error
  }
}

/** Goes through the FIFOs of native/gate.h. */
export const passGate = (root: HostPath, { id }: Pick<ContainerRecord, 'id'>): void => {
  const directory = directoryOf(root, id)
  const gate = gateOf(directory)
  const start = openGate(id, gate, constants.O_WRONLY)
  const started = openGate(id, join(directory, 'started'), constants.O_RDONLY)
  try {
    // Whoever removes it is the one that starts.
    unlinkSync(gate)
    writeSync(start, 'g')
    const said = readToEnd(started)
    if (said !== '') throw failureOf(said)
  } finally {
    closeSync(start)
    closeSync(started)
    rmSync(join(directory, 'started'), { force: true })
  }
}

const openGate = (id: string, path: HostPath, flags: number): number => {
  try {
    return openSync(path, flags | constants.O_NONBLOCK)
  } catch (error) {
    // No reader: the process is gone. No file: somebody else has started it.
    if (errnoOf(error) === 'ENXIO') throw notRunning(id, 'stopped')
    if (errnoOf(error) === 'ENOENT')
      throw new AppError('wrong-state', 'cannot start an already running container')
    throw error
  }
}

/** The end comes with the execution, or with the process. */
const readToEnd = (fd: number): string => {
  const buffer = Buffer.allocUnsafe(65536)
  let text = ''
  for (;;) {
    try {
      const size = readSync(fd, buffer)
      if (size === 0) return text
      text += buffer.toString('utf8', 0, size)
    } catch (error) {
      if (errnoOf(error) !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

const failureOf = (line: string): unknown => {
  const event = parseHelperEvent(line)
  return event.event === 'error' ? asRuntimeError(new NativeError(event)) : new AppError('start-failed', line)
}
