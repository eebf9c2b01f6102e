import { AppError, exitCode, suggest } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'

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
export const run: RunVerb = async ([word, ...rest], cli) => {
  if (word === undefined || word === '--help' || word === '-h' || word === 'help') {
    cli.stdout.write(help)
    return exitCode.ok
  }
  const verb = Object.hasOwn(verbs, word) ? verbs[word] : undefined
  if (verb) return (await verb())(rest, cli)
  const near = suggest(word, Object.keys(verbs))
  throw new AppError('usage', `cache: unknown command ${JSON.stringify(word)}`, {
    exitCode: exitCode.usage,
    hint: near ? `did you mean ${near}?` : 'commands are ls, export, import and prune',
  })
}
