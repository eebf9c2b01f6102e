import { exitCode } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { groupOf } from '../verb-group.ts'

const verbs: Readonly<Record<string, () => Promise<RunVerb>>> = {
  connect: async () => (await import('./connect.ts')).run,
  create: async () => (await import('./create.ts')).run,
  disconnect: async () => (await import('./disconnect.ts')).run,
  inspect: async () => (await import('./inspect.ts')).run,
  list: async () => (await import('./ls.ts')).run,
  ls: async () => (await import('./ls.ts')).run,
  prune: async () => (await import('./prune.ts')).run,
  remove: async () => (await import('./rm.ts')).run,
  rm: async () => (await import('./rm.ts')).run,
}

const help = `Usage: tsrun network COMMAND

Looks after networks, on which containers find each other by name.

Commands:
  connect      put a container on a network
  create       make a network
  disconnect   take a container off a network
  inspect      show all that is known of networks, as JSON
  ls           list networks
  prune        remove networks that no running container is on
  rm           remove networks
`

/** `tsrun network connect|create|disconnect|inspect|ls|prune|rm` */
export const run: RunVerb = groupOf({
  name: 'network',
  verbs,
  help,
  known: 'commands are connect, create, disconnect, inspect, ls, prune and rm',
  unknown: exitCode.failed,
})
