import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { stateFile } from './state-files.ts'
import type { Container } from './types.ts'

/**
 * Whether it is to be started again when the machine comes up, as docker's daemon does: it has run before, and its policy is
 * `always`, or `unless-stopped` and nobody has stopped it.
 */
export const wantsStart = ({ dir, record, status }: Container): boolean => {
  if (status.kind !== 'exited') return false
  const policy = record.options.life?.restart?.name
  if (policy === 'always') return true
  return policy === 'unless-stopped' && !existsSync(join(dir, stateFile.stopped))
}
