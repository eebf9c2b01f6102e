import { checkHealth, openStore } from '../../engine/index.ts'
import type { RunVerb } from '../context.ts'
import { parseVerb, usage } from './parse-verb.ts'

/** `tsrun healthcheck run CONTAINER`: podman's verb. Exit code 0 when the container is well, 1 when it is not, 125 without a check. */
export const run: RunVerb = async (argv, cli) => {
  const parsed = await parseVerb('healthcheck', argv, cli, (command) =>
    command
      .description('Make the health check of a container once, now')
      .argument('<run>', 'the word run')
      .argument('<container>', 'name or id'),
  )
  if (!parsed) return 0
  const [verb, word = ''] = parsed.args
  if (verb !== 'run') throw usage('healthcheck', `${JSON.stringify(verb)}: expected run`)
  const well = await checkHealth(openStore({ root: cli.root }), word)
  if (!well) cli.stdout.write('unhealthy\n')
  return well ? 0 : 1
}
