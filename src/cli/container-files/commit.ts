import { fileCases, openStore } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { collect, parseVerb } from '../run/parse-verb.ts'

interface Options {
  readonly author?: string
  readonly change?: readonly string[]
  readonly message?: string
  readonly pause: boolean
}

/** `tsrun commit [OPTIONS] CONTAINER [NAME[:TAG]]` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<Options>('commit', notPaused(argv), cli, (command) =>
    command
      .description('Make an image of what a container has changed')
      .argument('<container>', 'name or id')
      .argument('[name]', 'name for the image')
      .option('-a, --author <text>', 'who made it')
      .option(
        '-c, --change <instruction>',
        'CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, USER, VOLUME, WORKDIR, ... (repeatable)',
        collect,
      )
      .option('-m, --message <text>', 'comment in the history')
      .option('-p, --pause', 'pause the container meanwhile (the default)', true)
      .option('--no-pause', 'let it go on'),
  )
  if (!parsed) return 0
  const { author, change = [], message, pause } = parsed.options
  const [container = '', name] = parsed.args
  const { commitContainer } = await fileCases()
  const image = await commitContainer(openStore({ root: cli.root }), container, {
    changes: change,
    pause,
    now: cli.now(),
    ...(name === undefined ? {} : { name }),
    ...(author === undefined ? {} : { author }),
    ...(message === undefined ? {} : { message }),
  })
  cli.stdout.write(`${image.id}\n`)
  return 0
}

/** Docker's forms of the switch turned off. */
const notPaused = (argv: readonly string[]): readonly string[] =>
  argv.map((word) => (/^(?:--pause|-p)=(?:0|f|false)$/i.test(word) ? '--no-pause' : word))
