import { exitCode } from '../../foundation/errors/index.ts'
import { verbParser } from '../verb-parser.ts'

export { collect } from '../verb-parser.ts'

/** Docker's wrong uses of `network` end with 1, those of an option with 125. */
export const { parseVerb, usage } = verbParser({
  name: 'tsrun',
  helpFlags: '-h, --help',
  usageCode: exitCode.engine,
  operandCode: exitCode.failed,
})
