import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultBundleSpec } from '../../runtime/oci-runtime/index.ts'
import type { RuncVerb } from './context.ts'
import { parseFlags, usage } from './flags.ts'

/** `tsrunc spec [--bundle DIR]`: writes a config.json to start from. */
export const spec: RuncVerb = async (argv, { path }) => {
  const flags = parseFlags(argv, { values: ['bundle'], short: { b: 'bundle' } })
  const file = join(path(flags.value('bundle') ?? '.'), 'config.json')
  if (existsSync(file)) throw usage(`${file} exists: remove it first`)
  writeFileSync(file, `${JSON.stringify(defaultBundleSpec(), null, 2)}\n`)
  return 0
}
