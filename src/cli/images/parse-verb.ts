import { exitCode } from '../../foundation/errors/index.ts'
import { verbParser } from '../verb-parser.ts'

export { collect } from '../verb-parser.ts'

/** The verbs of tsbuild. */
export const { parseHotVerb, parseVerb, usage } = verbParser({
  name: 'tsbuild',
  helpFlags: '-h, --help',
  usageCode: exitCode.usage,
  operandCode: exitCode.usage,
})
