import { AppError, type ErrorOptions, exitCode } from '../../foundation/errors/index.ts'
import type { Container } from './types.ts'

export type ContainerErrorCode =
  | 'store-denied'
  | 'no-such-container'
  | 'container-damaged'
  | 'ambiguous-container'
  | 'name-in-use'
  | 'bad-container-name'
  | 'container-running'
  | 'container-not-running'
  | 'container-busy'
  | 'container-stuck'
  | 'container-paused'
  | 'container-restarting'
  | 'no-log'
  | 'no-health-check'
  | 'container-not-paused'
  | 'cannot-pause'
  | 'port-in-use'
  | 'start-failed'
  | 'bad-seccomp-profile'
  | 'file-too-large'
  | 'bad-mount'
  | 'bad-device'
  | 'bad-namespace'
  | 'bad-network-mode'
  | 'already-connected'
  | 'not-connected'
  | 'bad-limit'
  | 'bad-policy'

/** What goes wrong with a container. Exit code 1 unless said otherwise, as docker's verbs have it. */
export class ContainerError extends AppError<ContainerErrorCode> {
  constructor(code: ContainerErrorCode, message: string, options: ErrorOptions = {}) {
    super(code, message, { exitCode: exitCode.failed, ...options })
  }
}

export const notRunning = (verb: string, { record }: Container): ContainerError =>
  new ContainerError('container-not-running', `${verb} container ${record.name}: it is not running`, {
    hint: `start it with: tsrun start ${record.name}`,
  })

export const paused = (verb: string, { record }: Container): ContainerError =>
  new ContainerError('container-paused', `${verb} container ${record.name}: it is paused`, {
    hint: `let it go on with: tsrun unpause ${record.name}`,
  })

export const noSuchContainer = (text: string, near?: string): ContainerError =>
  new ContainerError(
    'no-such-container',
    `find container ${JSON.stringify(text.slice(0, 200))}: no such container`,
    near === undefined ? {} : { hint: `did you mean ${near}?` },
  )

/** The monitor ended without a word. It tells what goes wrong, so somebody killed it: the user, or a kernel without memory. */
export const monitorKilled = (): ContainerError =>
  new ContainerError('start-failed', 'start the container: the process that watches over it was killed', {
    exitCode: exitCode.engine,
    hint: 'see whether the machine is out of memory (dmesg), and start the container again',
  })

/** `details.id` is the whole id. */
export const damaged = (text: string, id: string, dir: string): ContainerError =>
  new ContainerError(
    'container-damaged',
    `find container ${JSON.stringify(text.slice(0, 200))}: ${dir}/container.json is not the record of a container`,
    { hint: `remove what is left of it: tsrun rm -f ${id.slice(0, 12)}`, details: { id } },
  )
