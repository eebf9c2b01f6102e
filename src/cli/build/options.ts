import type { Command } from 'commander'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'
import { collect, parseVerb } from '../images/parse-verb.ts'
import { type ProgressKind, progressKinds } from '../progress/choose.ts'
import { type OutputOption, parseOutput } from './output-option.ts'

/** The command line of `tsbuild build`, parsed. */
export interface BuildCommand {
  /** Directory, or `-` for standard input. */
  readonly context: string
  readonly file: string | undefined
  readonly tags: readonly string[]
  readonly target: string | undefined
  readonly buildArgs: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly noCache: boolean
  readonly noCacheFilter: readonly string[]
  readonly outputs: readonly OutputOption[]
  readonly network: 'default' | 'none' | 'host'
  readonly platform: string | undefined
  readonly progress: ProgressKind
  readonly iidfile: string | undefined
  readonly sync: boolean
  readonly jobs: number | undefined
  readonly root: string | undefined
}

const define = (command: Command): Command =>
  command
    .usage('[options] CONTEXT')
    .description('Build an image from a Dockerfile')
    .argument(
      '[context]',
      'directory with the files that COPY and ADD may use, or - for a Dockerfile on standard input',
    )
    .option('-t, --tag <name>', 'name the image, NAME[:TAG] (repeatable)', collect, [])
    .option('-f, --file <path>', 'the Dockerfile (default: CONTEXT/Dockerfile; - is standard input)')
    .option('--target <stage>', 'build this stage instead of the last one')
    .option(
      '--build-arg <name=value>',
      'set an ARG; without =value it is taken from the environment (repeatable)',
      collect,
      [],
    )
    .option('--label <key=value>', 'add a label to the image (repeatable)', collect, [])
    .option('--no-cache', 'execute every step')
    .option('--no-cache-filter <stage>', 'execute every step of this stage (repeatable)', collect, [])
    .option(
      '-o, --output <spec>',
      'type=oci|docker|tar|local,dest=PATH, or a directory (repeatable)',
      collect,
      [],
    )
    .addOption(
      command
        .createOption('--network <mode>', 'network of RUN')
        .choices(['default', 'none', 'host'])
        .default('default'),
    )
    .option('--platform <os/arch>', 'platform to build for')
    .addOption(
      command
        .createOption('--progress <view>', 'how to show progress')
        .choices([...progressKinds])
        .default('auto'),
    )
    .option('-q, --quiet', 'print only the image id')
    .option('--iidfile <path>', 'write the image id to a file')
    .option('--jobs <n>', 'steps that may run at the same time (default: the number of CPUs)')
    .option('--no-sync', 'do not wait until the image is on the disk')
    .option('--pull', 'accepted: a base image that is in the store is used as it is')
    .option('--load', 'accepted: the image is in the store in any case')
    .option('--root <dir>', 'the store (default: TSBUILD_ROOT or /var/lib/tsbuild)')

/** Undefined when help was asked for: it is printed then. Throws `usage` with a suggestion. Build args without a value come from the environment. */
export const parseBuildCommand = async (
  argv: readonly string[],
  cli: CliContext,
): Promise<BuildCommand | undefined> => {
  const parsed = await parseVerb<Record<string, unknown>>('build', argv, cli, define)
  return parsed && toCommand(parsed.options, parsed.args[0], cli.env)
}

const toCommand = (
  o: Record<string, unknown>,
  context: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): BuildCommand => {
  const text = (key: string): string | undefined => (typeof o[key] === 'string' ? o[key] : undefined)
  const list = (key: string): readonly string[] => (Array.isArray(o[key]) ? o[key].map(String) : [])
  if (context === undefined) {
    throw new AppError('usage', 'build: the context is missing', {
      exitCode: exitCode.usage,
      hint: 'name the directory with the Dockerfile, for example: tsbuild -t app .',
    })
  }
  return {
    context,
    file: text('file'),
    tags: list('tag'),
    target: text('target'),
    buildArgs: pairs('--build-arg', list('buildArg'), (name) => env[name]),
    labels: pairs('--label', list('label'), () => ''),
    noCache: o['cache'] === false,
    noCacheFilter: list('cacheFilter').length > 0 ? list('cacheFilter') : list('noCacheFilter'),
    outputs: list('output').map(parseOutput),
    network: o['network'] === 'none' || o['network'] === 'host' ? o['network'] : 'default',
    platform: text('platform'),
    progress:
      o['quiet'] === true ? 'quiet' : (progressKinds.find((kind) => kind === o['progress']) ?? 'auto'),
    iidfile: text('iidfile'),
    sync: o['sync'] !== false,
    jobs: positive('--jobs', text('jobs')),
    root: text('root'),
  }
}

const pairs = (
  flag: string,
  words: readonly string[],
  missing: (name: string) => string | undefined,
): Readonly<Record<string, string>> => {
  const found: Record<string, string> = {}
  for (const word of words) {
    const equals = word.indexOf('=')
    const name = equals < 0 ? word : word.slice(0, equals)
    if (name === '') {
      throw new AppError('usage', `${flag} ${JSON.stringify(word)}: expected NAME=VALUE`, {
        exitCode: exitCode.usage,
      })
    }
    const value = equals < 0 ? missing(name) : word.slice(equals + 1)
    if (value !== undefined) found[name] = value
  }
  return found
}

const positive = (flag: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  if (!/^[1-9][0-9]{0,3}$/.test(text)) {
    throw new AppError('usage', `${flag} ${text}: expected a whole number from 1`, {
      exitCode: exitCode.usage,
    })
  }
  return Number(text)
}
