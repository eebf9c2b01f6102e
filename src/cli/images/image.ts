import { AppError, exitCode, suggest } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'
import { tsbuildVerbs } from '../verbs.ts'

/** docker's and podman's words behind `image`, and the verbs that they are. */
const verbs: Readonly<Record<string, string>> = {
  build: 'build',
  diff: 'diff',
  history: 'history',
  import: 'import',
  inspect: 'inspect',
  list: 'images',
  load: 'load',
  ls: 'images',
  prune: 'prune',
  pull: 'pull',
  push: 'push',
  remove: 'rmi',
  rm: 'rmi',
  save: 'save',
  tag: 'tag',
  tree: 'images',
  untag: 'untag',
}

/** `tsbuild image ls|rm|prune|...`: other spellings of tsbuild's verbs. */
export const run: RunVerb = async ([word, ...rest], cli) => {
  const names = Object.keys(verbs).sort()
  if (word === undefined || word === '--help' || word === '-h' || word === 'help') {
    cli.stdout.write(`Usage: tsbuild image COMMAND\n\nCommands: ${names.join(', ')}\n`)
    return exitCode.ok
  }
  const verb = Object.hasOwn(verbs, word) ? tsbuildVerbs[verbs[word] ?? ''] : undefined
  if (verb) return (await verb())(word === 'tree' ? ['--tree', ...rest] : rest, cli)
  const near = suggest(word, names)
  throw new AppError('usage', `image: unknown command ${JSON.stringify(word)}`, {
    exitCode: exitCode.usage,
    hint: near ? `did you mean ${near}?` : `commands are ${names.join(', ')}`,
  })
}
