import { AppError, exitCode, suggest } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { containerVerbs } from './container-verbs.ts'

const otherNames: Readonly<Record<string, string>> = { ls: 'ps', list: 'ps', remove: 'rm' }

/** What is a verb of its own elsewhere, or not there. */
const ownVerbs: Readonly<Record<string, () => Promise<RunVerb>>> = {
  prune: async () => (await import('./prune.ts')).run,
}

/** `tsrun container VERB`: docker's longer names of the verbs. */
export const run: RunVerb = async ([word = '', ...rest], cli) => {
  const name = Object.hasOwn(otherNames, word) ? (otherNames[word] ?? word) : word
  const verbs = { ...containerVerbs, ...ownVerbs }
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  if (verb) return (await verb())(rest, cli)
  const known = Object.keys(verbs)
  if (word === '' || word === '--help') {
    cli.stdout.write(`Usage: tsrun container COMMAND\n\nCommands: ls, ${known.join(', ')}\n`)
    return exitCode.ok
  }
  const near = suggest(word, [...known, ...Object.keys(otherNames)])
  throw new AppError('usage', `container: unknown command ${JSON.stringify(word)}`, {
    exitCode: exitCode.failed,
    hint: near ? `did you mean ${near}?` : `commands are ls, ${known.join(', ')}`,
  })
}
