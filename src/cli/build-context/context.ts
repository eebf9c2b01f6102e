import { AppError, exitCode, suggest } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'

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
export const run: RunVerb = async ([word, ...rest], cli) => {
  if (word === undefined || word === '--help' || word === '-h' || word === 'help') {
    cli.stdout.write(help)
    return word === undefined ? exitCode.usage : exitCode.ok
  }
  const verb = Object.hasOwn(verbs, word) ? verbs[word] : undefined
  if (verb) return (await verb())(rest, cli)
  const near = suggest(word, Object.keys(verbs))
  throw new AppError('usage', `context: unknown command ${JSON.stringify(word)}`, {
    exitCode: exitCode.usage,
    hint: near ? `did you mean ${near}?` : `known commands: ${Object.keys(verbs).join(', ')}`,
  })
}
