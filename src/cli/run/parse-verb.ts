import { exitCode } from '../../foundation/errors/index.ts'
import { verbParser } from '../verb-parser.ts'

export { collect } from '../verb-parser.ts'

/** The verbs of tsrun. -h is a host name in some of them, and docker's wrong uses end with 125. */
export const { parseHotVerb, parseVerb, usage } = verbParser({
  name: 'tsrun',
  helpFlags: '--help',
  usageCode: exitCode.engine,
  operandCode: exitCode.failed,
  hintFor: async (verb, option) =>
    verb === 'run' || verb === 'create' ? (await import('./podman-hints.ts')).podmanHint(option) : undefined,
})
