import { resolve } from 'node:path'
import type { ArchiveSource } from '../../engine/index.ts'
import type { CliContext } from '../context.ts'
import { usage } from './parse-verb.ts'

/** A file, or standard input for `-` and nothing. Throws `usage` where that is a terminal. */
export const archiveSource = (verb: string, input: string | undefined, cli: CliContext): ArchiveSource => {
  if (input !== undefined && input !== '-') return { kind: 'file', path: resolve(cli.cwd, input) }
  if (cli.stdin.isTTY) {
    throw usage(
      verb,
      'the standard input is a terminal, and nothing comes from there',
      'give a file, or pipe an archive in',
    )
  }
  return { kind: 'fd', fd: cli.stdin.fd }
}
