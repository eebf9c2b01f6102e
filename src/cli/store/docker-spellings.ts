import type { CliContext, RunVerb } from '../context.ts'
import { usage } from '../images/parse-verb.ts'
import { runPrune } from '../images/prune.ts'

/** Words that docker has before a verb, and what they come to here. */
const spellings: Readonly<
  Record<string, Readonly<Record<string, (argv: readonly string[], cli: CliContext) => Promise<number>>>>
> = {
  builder: {
    prune: (argv, cli) => runPrune(argv, cli, 'cache'),
    du: async (argv, cli) => (await import('../images/df.ts')).run(['--verbose', ...argv], cli),
  },
  system: {
    prune: (argv, cli) => runPrune(argv, cli),
    df: async (argv, cli) => (await import('../images/df.ts')).run(argv, cli),
  },
}

/** `tsbuild system df`, `tsbuild system prune`, `tsbuild builder prune`, `tsbuild builder du` */
const spelled =
  (group: string): RunVerb =>
  async ([verb = '', ...argv], cli) => {
    const known = spellings[group] ?? {}
    const run = known[verb]
    if (run) return run(argv, cli)
    const verbs = Object.keys(known).join(', ')
    throw usage(
      group,
      verb === '' ? 'expected a verb' : `unknown verb ${verb}`,
      `tsbuild ${group} has ${verbs}`,
    )
  }

export const builder: RunVerb = spelled('builder')
export const system: RunVerb = spelled('system')
