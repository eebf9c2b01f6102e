import { Duplex } from 'node:stream'
import { InternalError } from '../errors/index.ts'
import { removeAbandoned } from './abandoned.ts'
import { type NativeProcess, spawnNative } from './launch.ts'
import { createLowestLayers, type LaneLayers } from './lowest-layers.ts'
import { gather, HelperDied, type OutcomeDraft, statusOf } from './outcome.ts'
import { encodeRequest } from './request.ts'
import { createEventReader, type HelperEvent } from './status.ts'
import type { ContainerRequest, ExitStatus, RunOptions } from './types.ts'

/** How a step ended, and what it left. */
export interface StepStatus extends ExitStatus {
  /** Of the upper directory, for `decodeScan`; only of a step that succeeded, and when there is no `index`. */
  readonly scan?: Buffer
  /** The index file of a layer that has what the upper directory says: where that is plain (native/plain_tree.h). */
  readonly index?: Buffer
}

type StepOptions = Pick<RunOptions, 'signal' | 'onOutput' | 'onStarted' | 'onStubs' | 'onWarning'>

/**
 * One process of the helper that runs containers one after the other, in the cgroups and in the network namespace of the first:
 * what making and removing them costs is paid once. A container finds nothing of those before it: its mounts, processes and other
 * namespaces are its own, and a network in which something was sent is not used again.
 */
export interface StepLane {
  /**
   * As `runContainer`; one at a time. Cgroups and network are those of the first request. Without a terminal, `init`, hooks, a user
   * namespace or namespaces by path (`NativeError`).
   */
  run(request: ContainerRequest, options: StepOptions): Promise<StepStatus>
  /** Whether another container may run here. */
  isUsable(): boolean
  /** Resolves when the process is gone and with it the cgroups. What still runs is killed. */
  close(): Promise<void>
}

/** Starts the process; that it cannot be started is said by the first `run`. */
export const openStepLane = (): StepLane => {
  const child = spawnNative('steps', [], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const socket = child.stdio?.[3]
  const control = socket instanceof Duplex ? socket : undefined
  const lane: Lane = { child, control, usable: true, layers: createLowestLayers() }
  const closed = listen(lane)
  return {
    isUsable: () => lane.usable,
    async run(request, options) {
      options.signal?.throwIfAborted()
      if (lane.running) throw new InternalError('run a step: another one runs here')
      if (!lane.usable) {
        hangUp(lane)
        await closed
        throw lane.failure ?? new HelperDied(child.exitCode, child.signalCode)
      }
      try {
        return await runIn(lane, encodeRequest(request, lane.layers.of(request.root)), options)
      } catch (error) {
        if (error instanceof HelperDied) removeAbandoned(request.cgroups)
        throw error
      }
    },
    close() {
      hangUp(lane)
      return closed
    },
  }
}

interface Lane {
  readonly child: NativeProcess
  readonly control: Duplex | undefined
  usable: boolean
  readonly layers: LaneLayers
  running?: Running | undefined
  failure?: Error
}

interface Running {
  event(event: HelperEvent): void
  bytes(kind: string, bytes: Buffer): void
  /** The helper ended, with a code or by a signal. */
  lost(code: number | null, signal: string | null): void
}

/** Resolves when the process has ended and all was read that it said. */
const listen = (lane: Lane): Promise<void> => {
  const { child, control } = lane
  const read = createEventReader(
    (event) => lane.running?.event(event),
    (kind, bytes) => lane.running?.bytes(kind, bytes),
  )
  control?.on('data', (chunk: Buffer) => {
    try {
      read(chunk)
    } catch (error) {
      lane.failure ??= new InternalError('read events of the helper', error)
      hangUp(lane)
    }
  })
  // The helper may be gone before it has read everything; how it ended says why.
  control?.on('error', () => undefined)
  return new Promise((resolve) => {
    const end = (code: number | null, signal: string | null): void => {
      lane.usable = false
      lane.running?.lost(code, signal)
    }
    const leave = (code: number | null, signal: string | null): void => {
      end(code, signal)
      lane.layers.close()
      resolve()
    }
    child.once('error', (error) => {
      lane.failure = error
      leave(null, null)
    })
    child.once('close', leave)
  })
}

/** The end of the stream tells the helper to kill and clean up; the other direction stays open for its last words. */
const hangUp = (lane: Lane): void => {
  lane.usable = false
  lane.control?.end()
}

const runIn = (lane: Lane, request: Uint8Array, options: StepOptions): Promise<StepStatus> =>
  new Promise((resolve, reject) => {
    const abort = (): void => hangUp(lane)
    lane.running = follow(options, (result) => {
      lane.running = undefined
      options.signal?.removeEventListener('abort', abort)
      try {
        if (lane.failure !== undefined) throw lane.failure
        const { status, networkUsed, kept } = result()
        if (networkUsed) lane.usable = false
        lane.layers.ended(kept)
        resolve(status)
      } catch (error) {
        hangUp(lane)
        reject(error)
      }
    })
    options.signal?.addEventListener('abort', abort, { once: true })
    lane.control?.write(request)
  })

interface Result {
  readonly status: StepStatus
  readonly networkUsed: boolean
  /** Whether the helper keeps layers now. */
  readonly kept: boolean
}

/** Gathers what is said of one step. `settle` is called once, with a function that gives its result or throws. */
const follow = (options: StepOptions, settle: (result: () => Result) => void): Running => {
  const outcome: OutcomeDraft = {}
  const scan: Buffer[] = []
  const index: Buffer[] = []
  return {
    event(event) {
      if (event.event === 'started') {
        if (event.stubs.length > 0) options.onStubs?.(event.stubs)
        options.onStarted?.(event.pid)
      } else if (event.event === 'warning') options.onWarning?.(event.message)
      else if (event.event === 'done')
        settle(() => {
          const status = statusOf(outcome, null, null)
          const { networkUsed, kept } = event
          if (!event.scanned) return { networkUsed, kept, status }
          const listed = index.length > 0 ? { index: Buffer.concat(index) } : { scan: Buffer.concat(scan) }
          return { networkUsed, kept, status: { ...status, ...listed } }
        })
      else gather(outcome, event)
    },
    bytes(kind, bytes) {
      if (kind === 'scan') scan.push(bytes)
      else if (kind === 'index') index.push(bytes)
      else if (kind === 'stdout' || kind === 'stderr') options.onOutput?.(kind, bytes)
    },
    lost: (code, signal) =>
      settle(() => ({ status: statusOf(outcome, code, signal), networkUsed: true, kept: false })),
  }
}
