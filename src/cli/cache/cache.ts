import { exitCode } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { groupOf } from '../verb-group.ts'

const verbs: Readonly<Record<string, () => Promise<RunVerb>>> = {
  ls: async () => (await import('./ls.ts')).run,
  list: async () => (await import('./ls.ts')).run,
  export: async () => (await import('./export.ts')).run,
  import: async () => (await import('./import.ts')).run,
  prune: async () => (await import('./prune.ts')).run,
}

const help = `Usage: tsbuild cache COMMAND

Looks after cache mounts: directories that RUN --mount=type=cache keeps between builds.

Commands:
  ls         list them
  export     write them to a registry or a directory
  import     make them of what export has written
  prune      remove those that no step uses
`

/** `tsbuild cache ls|export|import|prune` */
export const run: RunVerb = groupOf({
  name: 'cache',
  verbs,
  help,
  known: 'commands are ls, export, import and prune',
  unknown: exitCode.usage,
})
