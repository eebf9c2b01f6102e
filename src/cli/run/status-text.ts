import { type Container, isPaused } from '../../engine/index.ts'
import { humanDuration } from '../render/human.ts'

/** Docker's word for the state: `created`, `running`, `paused`, `exited`, `dead`. */
export const stateOf = (container: Container): string =>
  isPaused(container) ? 'paused' : container.status.kind

/** `Up 5 minutes`, `Up 5 minutes (Paused)`, `Exited (0) 2 hours ago`, `Created`, `Dead`. */
export const statusText = (container: Container, now: number): string => {
  const { status } = container
  switch (status.kind) {
    case 'created':
      return 'Created'
    case 'running':
      return `Up ${humanDuration(now - Date.parse(status.init.startedAt))}${isPaused(container) ? ' (Paused)' : ''}`
    case 'exited':
      return `Exited (${status.exit.exitCode}) ${humanDuration(now - Date.parse(status.exit.finishedAt))} ago`
    case 'dead':
      return 'Dead'
  }
}
