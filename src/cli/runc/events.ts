import { containerStats } from '../../runtime/oci-runtime/index.ts'
import type { RuncVerb } from './context.ts'
import { onlyId, parseFlags, usage } from './flags.ts'

/** `tsrunc events --stats ID`: one line of statistics, as runc prints them. */
export const events: RuncVerb = async (argv, { root, cli }) => {
  const flags = parseFlags(argv, { switches: ['stats'], values: ['interval'] })
  if (!flags.has('stats')) throw usage('expected --stats: a stream of events is not offered')
  const id = onlyId(flags)
  cli.stdout.write(`${JSON.stringify({ type: 'stats', id, data: containerStats(root, id) })}\n`)
  return 0
}
