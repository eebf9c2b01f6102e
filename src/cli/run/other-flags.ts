import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'
import type { FlagCommand } from '../flag-table.ts'
import { collect, usage } from './parse-verb.ts'

/** What docker has besides, of which some means nothing here. */
export interface OtherFlags {
  readonly annotation?: readonly string[]
  readonly attach?: readonly string[]
  readonly cpuRtPeriod?: string
  readonly cpuRtRuntime?: string
  readonly isolation?: string
  readonly labelFile?: readonly string[]
  readonly storageOpt?: readonly string[]
  readonly useApiSocket?: boolean
  readonly volumeDriver?: string
}

/** Declares them for `run` and `create`. */
export const defineOtherFlags = <C extends FlagCommand>(command: C): C =>
  command
    .option('--annotation <key=value>', 'a note for who inspects the container (repeatable)', collect)
    .option('-a, --attach <stream>', 'connect only stdin, stdout or stderr (repeatable)', collect)
    .option('--label-file <path>', 'set labels from a file (repeatable)', collect)
    .option('-q, --quiet', 'say nothing about a pull')
    .option('--disable-content-trust', 'accepted: images are not signed')
    .option('--isolation <kind>', 'accepted: only default is there')
    .option('--volume-driver <driver>', 'accepted: only local is there')
    .option('--cpu-rt-period <microseconds>', 'not supported')
    .option('--cpu-rt-runtime <microseconds>', 'not supported')
    .option('--storage-opt <option>', 'not supported', collect)
    .option('--use-api-socket', 'not supported')

/** Throws `usage` for what would not be done. */
export const refuseOther = (flags: OtherFlags): void => {
  const no = (flag: string, why: string): never => {
    throw usage('run', `${flag}: not supported`, why)
  }
  if (flags.cpuRtPeriod !== undefined || flags.cpuRtRuntime !== undefined)
    no(
      '--cpu-rt-period and --cpu-rt-runtime',
      'cgroups give no real-time shares here; --cpu-shares and --cpus do',
    )
  if (flags.storageOpt !== undefined) no('--storage-opt', 'the store has no quotas; use a tmpfs with a size')
  if (flags.useApiSocket) no('--use-api-socket', 'there is no daemon whose socket could be mounted')
  if (!['', 'default', undefined].includes(flags.isolation))
    no(`--isolation ${flags.isolation ?? ''}`, 'only default is')
  if (!['', 'local', undefined].includes(flags.volumeDriver))
    no(`--volume-driver ${flags.volumeDriver ?? ''}`, 'only local is')
}

/** Labels of --label-file, as words of --label: empty lines and those that start with # are skipped, as are names alone. Throws `usage`. */
export const labelsOfFiles = (files: readonly string[], cli: Pick<CliContext, 'cwd'>): readonly string[] =>
  files.flatMap((file) => {
    try {
      return readFileSync(resolve(cli.cwd, file), 'utf8')
        .split(/\r?\n/)
        .map((line) => line.trimStart())
        .filter((line) => line.includes('=') && !line.startsWith('#'))
    } catch (error) {
      throw usage('run', `--label-file ${file}: ${errnoOf(error) ?? 'cannot be read'}`, 'check the path')
    }
  })
