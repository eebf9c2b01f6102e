import { existsSync } from 'node:fs'
import type { ContainerStore } from './container-store.ts'
import { ContainerError } from './errors.ts'
import { recordEvent } from './events.ts'
import { reapContainer } from './reap.ts'
import { killContainer } from './signal-container.ts'
import { lockContainer } from './start-container.ts'
import { isLive, statusOf } from './status.ts'
import type { Container } from './types.ts'
import { waitContainer } from './wait-container.ts'

export interface RemoveRequest {
  readonly containers: ContainerStore
  readonly container: Container
  /** Kills it first when it runs. */
  readonly force: boolean
}

/** Removes a container with its files and its name. Throws `container-running` without `force`, `container-busy`. */
export const removeContainer = async (request: RemoveRequest): Promise<void> => {
  const { containers, container, force } = request
  if (isLive(statusOf(container.dir))) {
    if (!force) {
      throw new ContainerError(
        'container-running',
        `remove container ${container.record.name}: it is running`,
        {
          hint: 'stop it first, or use rm -f',
        },
      )
    }
    killContainer(container, 'KILL')
    await waitContainer(container)
    if (container.record.options.autoRemove && (await isGone(container))) return
  }
  using _ = lockContainer(container)
  reapContainer(container)
  containers.discard(container)
  recordEvent(containers.journal, container.record, 'destroy')
}

/** The monitor of a --rm container removes it; when that does not happen (it was killed), we do. */
const isGone = async (container: Container): Promise<boolean> => {
  for (let look = 0; look < 100; look++) {
    if (!existsSync(container.dir)) return true
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return false
}
