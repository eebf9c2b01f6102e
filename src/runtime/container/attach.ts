import { errnoOf, exitCode, InternalError } from '../../foundation/errors/index.ts'
import { spawnNative } from '../../foundation/native/index.ts'
import { ContainerError, notRunning, paused } from './errors.ts'
import { isPaused } from './pause-container.ts'
import { statusOf } from './status.ts'
import type { Container } from './types.ts'

export interface AttachOptions {
  readonly stdin: boolean
  /** Hexadecimal digits (`detachKeysOf`). */
  readonly detachKeys: string
  /** Leaves the container alone, as the keys do. */
  readonly signal?: AbortSignal
}

export type AttachEnd = 'container-ended' | 'detached'

/** What our `attach` ends with (native/attach.c). */
const ends: Readonly<Record<number, AttachEnd>> = { 0: 'container-ended', 1: 'detached' }

/**
 * Connects this process's stdio with a running container, from now on, until it ends or the keys are typed. Throws
 * `container-not-running`, `container-paused`.
 */
export const attachContainer = (container: Container, options: AttachOptions): Promise<AttachEnd> => {
  const { kind } = statusOf(container.dir)
  if (kind === 'restarting') throw restarting(container)
  if (kind !== 'running') throw notRunning('attach to', container)
  if (isPaused(container)) throw paused('attach to', container)
  const { terminal, interactive } = container.record.options
  const child = spawnNative(
    'attach',
    [
      container.dir,
      ...(terminal ? ['--tty'] : []),
      ...(options.stdin && interactive ? [] : ['--no-stdin']),
      ...['--detach-keys', options.detachKeys],
    ],
    { stdio: 'inherit' },
  )
  options.signal?.addEventListener('abort', () => child.kill('SIGUSR1'), { once: true })
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(new InternalError(`attach to the container: ${errnoOf(error) ?? error.message}`, error)),
    )
    child.once('exit', (code, signal) => {
      const end = ends[code ?? -1]
      // Whoever reads our output has gone: as under docker, that ends only us.
      if (signal === 'SIGPIPE') resolve('detached')
      else if (end === undefined) reject(notRunning('attach to', container))
      else resolve(end)
    })
  })
}

const restarting = ({ record }: Container): ContainerError =>
  new ContainerError('container-restarting', `attach to container ${record.name}: it is restarting`, {
    exitCode: exitCode.failed,
    hint: 'wait until it runs',
  })
