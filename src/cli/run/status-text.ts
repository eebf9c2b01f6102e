import type { Container } from '../../engine/index.ts'
import { humanDuration } from '../render/human.ts'

/** Docker's word for the state: `created`, `running`, `exited`, `dead`. */
export const stateOf = ({ status }: Container): string => status.kind

/** `Up 5 minutes`, `Exited (0) 2 hours ago`, `Created`, `Dead`. */
export const statusText = ({ status }: Container, now: number): string => {
  switch (status.kind) {
    case 'created':
      return 'Created'
    case 'running':
      return `Up ${humanDuration(now - Date.parse(status.init.startedAt))}`
    case 'exited':
      return `Exited (${status.exit.exitCode}) ${humanDuration(now - Date.parse(status.exit.finishedAt))} ago`
    case 'dead':
      return 'Dead'
  }
}
