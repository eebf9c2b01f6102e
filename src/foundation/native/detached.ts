import { Duplex } from 'node:stream'
import type { HostPath } from '../oci/index.ts'
import { type NativeProcess, spawnNative } from './launch.ts'
import { NativeError } from './native-error.ts'
import { createEventReader, type HelperEvent } from './status.ts'
import type { RunOptions, Stdio } from './types.ts'

export interface DetachedOptions extends Pick<RunOptions, 'onMounted' | 'onWarning'> {
  /** Of the program; it has them itself. */
  readonly stdio: readonly [stdin: Stdio, stdout: Stdio, stderr: Stdio]
  /** How many descriptors of this process, from 3 on, are handed on. */
  readonly preserved?: number
  /** Who listens there gets the master side of the program's terminal. */
  readonly consoleSocket?: HostPath
  /** Writes down what runs. When it throws, or this process ends before it has returned, the process is killed. */
  readonly onStarted: (pid: number) => void
}

/**
 * Starts what `encodeRequest` or `encodeJoinRequest` described, with `life.outlive`: it goes on by itself, and whoever is
 * the parent of this process's orphans becomes its parent. Rejects with `NativeError` when it could not be started (step
 * `exec`: the program cannot be executed), or with what `onMounted` and `onStarted` threw.
 */
export const launchDetached = (request: Uint8Array, options: DetachedOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    const handed = Array.from({ length: options.preserved ?? 0 }, (_, i) => 3 + i)
    const words = options.consoleSocket === undefined ? [] : ['--console-socket', options.consoleSocket]
    const child = spawnNative('launch', words, { stdio: [...options.stdio, 'pipe', ...handed] })
    const control = child.stdio[3]
    child.once('error', reject)
    if (!(control instanceof Duplex)) return
    let failure: unknown
    const attempt = async (action: () => Promise<void> | void): Promise<void> => {
      try {
        await action()
        control.write('k')
      } catch (error) {
        failure = error
        control.end()
      }
    }
    const onEvent = (event: HelperEvent): void => {
      if (event.event === 'mounted') void attempt(() => options.onMounted?.(event.pid))
      else if (event.event === 'started') void attempt(() => options.onStarted(event.pid))
      else if (event.event === 'warning') options.onWarning?.(event.message)
      else if (event.event === 'error') failure ??= new NativeError(event)
    }
    listen(control, onEvent, (error) => {
      failure ??= error
    })
    control.write(request)
    settle(child, (code) => {
      if (code === 0 && failure === undefined) resolve()
      else
        reject(
          failure ??
            new NativeError({ step: 'launch', errno: 'ECHILD', arg: '', text: `ended with ${code}` }),
        )
    })
  })

const listen = (
  control: Duplex,
  onEvent: (event: HelperEvent) => void,
  broken: (error: unknown) => void,
): void => {
  const read = createEventReader(onEvent)
  control.on('data', (chunk: Buffer) => {
    try {
      read(chunk)
    } catch (error) {
      broken(error)
      control.end()
    }
  })
  // The helper may be gone before it has read everything; how it ended says why.
  control.on('error', () => undefined)
}

const settle = (child: NativeProcess, done: (status: number | string | null) => void): void => {
  child.once('close', (code, signal) => done(signal ?? code))
}
