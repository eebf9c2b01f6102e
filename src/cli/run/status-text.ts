import { type Container, healthOf, isPaused } from '../../engine/index.ts'
import { humanDuration } from '../render/human.ts'

/** Docker's word for the state: `created`, `running`, `paused`, `restarting`, `exited`, `dead`. */
export const stateOf = (container: Container): string =>
  isPaused(container) ? 'paused' : container.status.kind

/** `Up 5 minutes`, `Up 5 minutes (Paused)`, `Exited (0) 2 hours ago`, `Created`, `Dead`. */
export const statusText = (container: Container, now: number): string => {
  const { status } = container
  switch (status.kind) {
    case 'created':
      return 'Created'
    case 'running':
      return `Up ${humanDuration(now - Date.parse(status.init.startedAt))}${remark(container)}`
    case 'restarting':
      return `Restarting (${status.exit.exitCode}) ${humanDuration(now - Date.parse(status.exit.finishedAt))} ago`
    case 'exited':
      return `Exited (${status.exit.exitCode}) ${humanDuration(now - Date.parse(status.exit.finishedAt))} ago`
    case 'dead':
      return 'Dead'
  }
}

/** Docker's word for what comes behind `Up 5 minutes`. */
const remark = (container: Container): string => {
  if (isPaused(container)) return ' (Paused)'
  const health = healthOf(container)?.Status
  return health === undefined ? '' : health === 'starting' ? ' (health: starting)' : ` (${health})`
}
