import { exitCode } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { groupOf } from '../verb-group.ts'

const verbs: Readonly<Record<string, () => Promise<RunVerb>>> = {
  ls: async () => (await import('./ls.ts')).run,
  why: async () => (await import('./why.ts')).run,
  du: async () => (await import('./du.ts')).run,
}

const help = `Usage: tsbuild context COMMAND

Shows what a build can copy from a directory, and what its ignore file leaves out.

Commands:
  ls [DIR]       list the files of the context; --ignored: what is left out
  why PATH...    show which line of which ignore file decides about a path
  du [DIR]       show how big the context is, by directory

Each takes -f DOCKERFILE, whose own ignore file wins over .dockerignore.
`

/** `tsbuild context ls|why|du` */
export const run: RunVerb = groupOf({
  name: 'context',
  verbs,
  help,
  known: `known commands: ${Object.keys(verbs).join(', ')}`,
  unknown: exitCode.usage,
  missing: exitCode.usage,
})
