import { openContainerStore, type WaitCondition, waitContainer } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { forEachWord } from './each.ts'
import { parseVerb, usage } from './parse-verb.ts'

const conditions: Readonly<Record<string, WaitCondition>> = {
  'not-running': 'not-running',
  'next-exit': 'next-exit',
  removed: 'removed',
  // Podman's words for the first.
  stopped: 'not-running',
  exited: 'not-running',
}

/** `tsrun wait CONTAINER...` */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb<{ readonly condition: string }>('wait', argv, cli, (command) =>
    command
      .description('Wait until containers have ended and print their exit codes')
      .argument('<container...>', 'names or ids')
      .option('--condition <condition>', 'not-running, next-exit or removed', 'not-running'),
  )
  if (!parsed) return 0
  const condition = conditions[parsed.options.condition]
  if (condition === undefined) {
    throw usage(
      'wait',
      `--condition ${JSON.stringify(parsed.options.condition)}: expected not-running, next-exit or removed`,
    )
  }
  const containers = openContainerStore(cli.root)
  const found = new Map<string, ReturnType<typeof containers.find>>()
  return forEachWord(parsed.args, cli, async (word) => {
    const container = found.get(word) ?? containers.find(word)
    found.set(word, container)
    const end = await waitContainer(container, { condition })
    return String(end?.exitCode ?? 0)
  })
}
