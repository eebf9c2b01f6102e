import { resolve } from 'node:path'
import type { SaveTarget } from '../../engine/index.ts'
import type { CliContext } from '../context.ts'
import { usage } from './parse-verb.ts'

/** A file, or standard output for `-` and nothing. Throws `usage` where that is a terminal. */
export const saveTarget = (verb: string, output: string | undefined, cli: CliContext): SaveTarget => {
  if (output !== undefined && output !== '-') return { kind: 'path', path: resolve(cli.cwd, output) }
  if (cli.stdout.isTTY) {
    throw usage(
      verb,
      'the standard output is a terminal, and an archive is no text',
      'use -o FILE, or redirect the output',
    )
  }
  return { kind: 'sink', sink: cli.stdout }
}
