import { removeByName } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { printableLine } from '../render/printable.ts'
import { forEachWord } from './each.ts'
import { parseHotVerb, usage } from './parse-verb.ts'

interface Options {
  readonly force?: boolean
  readonly volumes?: boolean
  readonly link?: boolean
}

/** `tsrun rm [OPTIONS] CONTAINER...` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseHotVerb<Options>('rm', argv, cli, (command) =>
    command
      .description('Remove containers')
      .argument('<container...>', 'names or ids')
      .option('-f, --force', 'kill those that run; those that are gone are no error')
      .option('-l, --link', 'not supported: links are names in a container')
      .option('-v, --volumes', 'also remove their anonymous volumes'),
  )
  if (!parsed) return 0
  if (parsed.options.link)
    throw usage('rm', '--link: not supported', 'a link goes with the container that has it')
  const { force = false, volumes = false } = parsed.options
  return forEachWord(parsed.args, cli, async (word) => {
    if (await removeByName(cli.root, word, force, volumes)) return word
    cli.stderr.write(`tsrun: warning: there is no container ${printableLine(word)}\n`)
    return undefined
  })
}
