import type { BuildOptions, Store } from '../../engine/index.ts'
import type { CliContext } from '../context.ts'
import { usage } from '../images/parse-verb.ts'
import type { BuildCall } from './call-option.ts'

/** --check and --call. Returns the exit code. */
export const runCheck = (
  call: BuildCall,
  _fix: boolean,
  _options: BuildOptions,
  _store: Store,
  _cli: CliContext,
): Promise<number> => {
  throw usage('build', `--call ${call.kind}: not supported yet`)
}
