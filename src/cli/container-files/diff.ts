import { fileCases, openStore } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { printableLine } from '../render/printable.ts'
import { parseVerb } from '../run/parse-verb.ts'

/** `tsrun diff CONTAINER` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb('diff', argv, cli, (command) =>
    command
      .description('Show what a container has added (A), changed (C) and deleted (D) in its file system')
      .argument('<container>', 'name or id'),
  )
  if (!parsed) return 0
  const { changesOf } = await fileCases()
  const changes = await changesOf(openStore({ root: cli.root }), parsed.args[0] ?? '')
  cli.stdout.write(changes.map(({ kind, path }) => `${kind} ${printableLine(path)}\n`).join(''))
  return 0
}
