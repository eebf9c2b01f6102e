import type { PullPolicy } from '../../engine/index.ts'
import { hostPlatform } from '../../foundation/oci/index.ts'
import type { CliContext } from '../context.ts'
import { parseHotVerb, usage } from '../images/parse-verb.ts'
import { type ProgressKind, progressKinds } from '../progress/choose.ts'
import { pullPolicy } from '../pull-policy.ts'
import {
  type AnnotationOption,
  annotationsFor,
  parseAnnotation,
  refuseIndexAnnotations,
} from './annotation-option.ts'
import type { CacheOptions } from './cache-option.ts'
import { parseCall } from './call-option.ts'
import type { BuildCommand } from './command.ts'
import { pairs } from './fields.ts'
import { defineBuild } from './flags.ts'
import { parseOutput } from './output-option.ts'
import { parsePlatforms } from './platform-option.ts'
import { checkPush } from './push-results.ts'
import { buildKey } from './recipe-wish.ts'
import { refuseForeign } from './refusals.ts'
import { parseResources } from './resource-options.ts'
import { parseSecrets } from './secret-option.ts'
import { parseSsh } from './ssh-option.ts'
import { parseEntitlements, parseExec } from './step-options.ts'

/**
 * Undefined when help was asked for: it is printed then. Throws `usage` with a suggestion. The environment gives build args without
 * a value, SOURCE_DATE_EPOCH, BUILDKIT_PROGRESS and DOCKER_DEFAULT_PLATFORM, as with docker.
 */
export const parseBuildCommand = async (
  argv: readonly string[],
  cli: CliContext,
): Promise<BuildCommand | undefined> => {
  const parsed = await parseHotVerb<Record<string, unknown>>('build', argv.map(withPolicy), cli, defineBuild)
  if (!parsed) return undefined
  const options = optionReader(parsed.options)
  const command = toCommand(options, parsed.args[0], cli)
  const recipeKey = buildKey(parsed.options, cli, process.argv.slice(2))
  return { ...command, ...(await cachesOf(options, cli)), ...(recipeKey && { recipeKey }) }
}

/** Loaded by builds that name some. */
const cachesOf = async (o: OptionReader, cli: CliContext): Promise<CacheOptions> => {
  const [from, to] = [o.list('cacheFrom'), o.list('cacheTo')]
  if (from.length + to.length === 0) return {}
  return (await import('./cache-option.ts')).parseCaches(from, to, cli)
}

/** docker's --pull is a switch, podman's has a value. */
const withPolicy = (word: string): string =>
  word.replace(/^--pull=(always|missing|never)$/, '--pull-policy=$1')

const pullOf = (o: OptionReader, { env }: CliContext): PullPolicy => {
  if (o.flag('pull')) return 'always'
  const policy = pullPolicy(o.text('pullPolicy'), env)
  if (policy) return policy
  throw usage('build', `TSBUILD_PULL=${env['TSBUILD_PULL']}: expected always, missing or never`)
}

/** Commander's untyped values, by the camel case of their names. */
interface OptionReader {
  text(key: string): string | undefined
  list(key: string): readonly string[]
  flag(key: string): boolean
  /** Of `--no-KEY`. */
  off(key: string): boolean
}

const optionReader = (o: Record<string, unknown>): OptionReader => ({
  text: (key) => (typeof o[key] === 'string' ? o[key] : undefined),
  list: (key) => (Array.isArray(o[key]) ? o[key].map(String) : []),
  flag: (key) => o[key] === true,
  off: (key) => o[key] === false,
})

const toCommand = (o: OptionReader, context: string | undefined, cli: CliContext): BuildCommand => {
  const warnings = refuseForeign({ ...o, env: cli.env })
  if (context === undefined) {
    throw usage(
      'build',
      'the context is missing',
      'name the directory with the Dockerfile, for example: tsbuild -t app .',
    )
  }
  const call = callOf(o)
  if (o.flag('fix') && call?.kind !== 'check') throw usage('build', '--fix needs --check')
  const network = networkOf(o.text('network'))
  const outputs = o
    .list('output')
    .filter((text) => text !== '')
    .map(parseOutput)
  const annotations = [
    ...o.list('annotation').flatMap(parseAnnotation),
    ...outputs.flatMap((output) => output.annotations),
  ]
  const tags = [...o.list('tag'), ...outputs.flatMap((output) => output.names)]
  const push = o.flag('push')
  checkPush({ push, outputs, tags })
  const wanted = platformsOf(o, cli, annotations)
  const exec = parseExec({ addHost: o.list('addHost'), ulimit: o.list('ulimit'), shmSize: o.text('shmSize') })
  const resources = parseResources((key) => o.text(camelCase(key)), o.list('resource'))
  const cgroupParent = o.text('cgroupParent')
  return {
    context,
    file: o.text('file'),
    tags,
    target: o.text('target'),
    buildArgs: buildArgs(o, cli),
    contexts: new Map(Object.entries(namedContexts(o.list('buildContext')))),
    labels: pairs('--label', o.list('label'), () => ''),
    ...wanted,
    ...cachePolicy(o),
    outputs,
    network,
    entitlements: parseEntitlements(o.list('allow'), network),
    secrets: parseSecrets(o.list('secret'), cli),
    ssh: parseSsh(o.list('ssh'), cli),
    ...(exec && { exec }),
    ...(resources && { resources }),
    ...(cgroupParent && { cgroupParent }),
    call,
    fix: o.flag('fix'),
    pull: pullOf(o, cli),
    push,
    squash: o.flag('squash'),
    rewriteTimestamp: o.flag('rewriteTimestamp') || outputs.some((output) => output.rewriteTimestamp),
    progress: progressOf(o, cli),
    iidfile: o.text('iidfile') || undefined,
    metadataFile: o.text('metadataFile') || undefined,
    sync: !o.off('sync'),
    jobs: positive('--jobs', o.text('jobs')),
    root: o.text('root'),
    warnings,
  }
}

type Platforms = Pick<
  BuildCommand,
  'platform' | 'platforms' | 'annotations' | 'indexAnnotations' | 'descriptorAnnotations'
>

/** What is built for, and what is said of it. */
const platformsOf = (
  o: OptionReader,
  cli: CliContext,
  annotations: readonly AnnotationOption[],
): Platforms => {
  const platforms = parsePlatforms(platformWords(o, cli))
  if (platforms.length > 1)
    return {
      platform: undefined,
      platforms,
      annotations: {},
      indexAnnotations: annotations,
      descriptorAnnotations: annotationsFor(annotations, 'index-descriptor'),
    }
  const [platform] = platforms
  refuseIndexAnnotations(annotations)
  return {
    platform,
    platforms: undefined,
    annotations: annotationsFor(annotations, 'manifest', platform ?? hostPlatform()),
    indexAnnotations: [],
    descriptorAnnotations: annotationsFor(annotations, 'manifest-descriptor', platform ?? hostPlatform()),
  }
}

const platformWords = (o: OptionReader, cli: CliContext): readonly string[] => {
  const words = o.list('platform')
  const standing = cli.env['DOCKER_DEFAULT_PLATFORM']
  return words.length === 0 && standing ? [standing] : words
}

/** --build-arg, and the SOURCE_DATE_EPOCH of the environment, which is one as long as none is given. */
const buildArgs = (o: OptionReader, { env }: CliContext): Readonly<Record<string, string>> => {
  const epoch = env['SOURCE_DATE_EPOCH']
  return {
    ...(epoch === undefined || epoch === '' ? {} : { SOURCE_DATE_EPOCH: epoch }),
    ...pairs('--build-arg', o.list('buildArg'), (name) => env[name]),
  }
}

const namedContexts = (words: readonly string[]): Readonly<Record<string, string>> =>
  pairs('--build-context', words, (name) => {
    throw usage(
      'build',
      `--build-context ${JSON.stringify(name)}: expected NAME=SOURCE`,
      `for example --build-context ${name}=../${name}`,
    )
  })

const cachePolicy = (o: OptionReader): Pick<BuildCommand, 'noCache' | 'noCacheFilter'> => ({
  noCache: o.off('cache'),
  noCacheFilter: o
    .list('cacheFilter')
    .flatMap((list) => list.split(','))
    .map((stage) => stage.trim())
    .filter((stage) => stage !== ''),
})

const networkOf = (text: string | undefined): BuildCommand['network'] =>
  text === 'none' || text === 'host' ? text : 'default'

const callOf = (o: OptionReader): BuildCommand['call'] => {
  const call = o.text('call')
  if (o.flag('check')) {
    if (call === undefined || call === 'build' || call === 'check') return parseCall('check')
    throw usage('build', `--check and --call ${call} cannot be used together`, '--check is --call check')
  }
  return call === undefined ? undefined : parseCall(call)
}

const progressOf = (o: OptionReader, { env }: CliContext): ProgressKind => {
  if (o.flag('quiet')) return 'quiet'
  const wanted = o.text('progress') ?? (env['BUILDKIT_PROGRESS'] || 'auto')
  const kind = progressKinds.find((known) => known === wanted)
  if (kind) return kind
  throw usage(
    'build',
    `BUILDKIT_PROGRESS=${wanted}: there is no such view`,
    `known views: ${progressKinds.join(', ')}`,
  )
}

const camelCase = (name: string): string =>
  name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

const positive = (flag: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  if (/^[1-9][0-9]{0,3}$/.test(text)) return Number(text)
  throw usage('build', `${flag} ${text}: expected a whole number from 1`)
}
