import { exitCode } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { groupOf } from '../verb-group.ts'

const verbs: Readonly<Record<string, () => Promise<RunVerb>>> = {
  create: async () => (await import('./create.ts')).run,
  inspect: async () => (await import('./inspect.ts')).run,
  ls: async () => (await import('./ls.ts')).run,
  list: async () => (await import('./ls.ts')).run,
  prune: async () => (await import('./prune.ts')).run,
  rm: async () => (await import('./rm.ts')).run,
  remove: async () => (await import('./rm.ts')).run,
}

const help = `Usage: tsrun volume COMMAND

Looks after volumes: directories that outlive containers.

Commands:
  create     make a volume
  inspect    show all that is known of volumes, as JSON
  ls         list volumes
  prune      remove volumes that no container uses
  rm         remove volumes
`

/** `tsrun volume create|inspect|ls|prune|rm` */
export const run: RunVerb = groupOf({
  name: 'volume',
  verbs,
  help,
  known: 'commands are create, inspect, ls, prune and rm',
  unknown: exitCode.failed,
})
