import { runtimeFeatures } from '../../runtime/oci-runtime/index.ts'
import type { RuncVerb } from './context.ts'
import { parseFlags } from './flags.ts'

/** `tsrunc features`: what this runtime can do (runtime-spec features.md). */
export const features: RuncVerb = async (argv, { cli }) => {
  parseFlags(argv, {})
  cli.stdout.write(`${JSON.stringify(runtimeFeatures(), null, 2)}\n`)
  return 0
}
