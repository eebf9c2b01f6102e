import { Duplex } from 'node:stream'
import { InternalError } from '../errors/index.ts'
import { removeAbandoned } from './abandoned.ts'
import { type NativeProcess, spawnNative } from './launch.ts'
import { gather, HelperDied, type OutcomeDraft, statusOf } from './outcome.ts'
import { encodeJoinRequest, encodeRequest } from './request.ts'
import { createEventReader, type HelperEvent } from './status.ts'
import type { ContainerRequest, ExitStatus, JoinRequest, ProcessIo, RunOptions } from './types.ts'

/**
 * Runs one container to its end: one process of the helper, no state kept. Resolves with the program's status, also
 * when it could not be executed (126, 127 and `message`). Rejects with `NativeError` when the container could not be made,
 * `native-missing` when the helper is not built. Afterwards nothing of the container is left, cgroups included.
 * When this process dies, the helper kills the container and cleans up.
 */
export const runContainer = async (
  request: ContainerRequest,
  io: ProcessIo,
  options: RunOptions = {},
): Promise<ExitStatus> => {
  options.signal?.throwIfAborted()
  try {
    return await runHelper(encodeRequest(request), io, options)
  } catch (error) {
    if (error instanceof HelperDied) removeAbandoned(request.cgroups)
    throw error
  }
}

/** Runs one more process in a running container; like `runContainer`, but only that process ends with this one. */
export const execInContainer = async (
  request: JoinRequest & { readonly io: ProcessIo },
  options: RunOptions = {},
): Promise<ExitStatus> => {
  options.signal?.throwIfAborted()
  return runHelper(encodeJoinRequest(request), request.io, options)
}

const runHelper = (request: Uint8Array, io: ProcessIo, options: RunOptions): Promise<ExitStatus> =>
  new Promise((resolve, reject) => {
    const keys = options.detachKeys === undefined ? [] : ['--detach-keys', options.detachKeys]
    const child = spawnNative('exec', keys, { stdio: [io.stdin, io.stdout, io.stderr, 'pipe'] })
    const control = child.stdio[3]
    if (!(control instanceof Duplex)) {
      child.once('error', reject)
      return
    }
    const outcome: OutcomeDraft = {}
    const onEvent = (event: HelperEvent): void => {
      if (event.event === 'started') {
        if (event.stubs.length > 0) options.onStubs?.(event.stubs)
        options.onStarted?.(event.pid)
      } else if (event.event === 'mounted') void answer(event.pid)
      else if (event.event === 'warning') options.onWarning?.(event.message)
      else if (event.event === 'detached') {
        child.unref()
        control.destroy()
        resolve({ code: event.code, oomKilled: false, detached: true })
      } else gather(outcome, event)
    }
    const answer = async (pid: number): Promise<void> => {
      try {
        await options.onMounted?.(pid)
        control.write('k')
      } catch (error) {
        outcome.refused = error instanceof Error ? error : new InternalError(String(error))
        control.end()
      }
    }
    const read = createEventReader(onEvent)
    control.on('data', (chunk: Buffer) => {
      try {
        read(chunk)
      } catch (error) {
        outcome.broken ??= error
        control.end()
      }
    })
    // The helper may be gone before it has read everything; how it ended says why.
    control.on('error', () => undefined)
    control.write(request)
    // The end of the stream tells the helper to kill and clean up; the other direction stays open for its last words.
    const abort = (): void => void control.end()
    options.signal?.addEventListener('abort', abort, { once: true })
    connectStreams(child, options)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      options.signal?.removeEventListener('abort', abort)
      try {
        resolve(statusOf(outcome, code, signal))
      } catch (error) {
        reject(error)
      }
    })
  })

const connectStreams = (child: NativeProcess, options: RunOptions): void => {
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (chunk: Buffer) => options.onOutput?.(stream, chunk))
  }
  // A program that ends before it has read its input is not an error.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(options.input ?? Buffer.alloc(0))
}
