import type { CliContext } from '../context.ts'

/** Options whose meaning is in their words alone: none of them reads a file, asks anybody, or leaves the cache out. */
const repeatable: ReadonlySet<string> = new Set([
  'tag',
  'buildArg',
  'label',
  'target',
  'file',
  'buildContext',
  'iidfile',
  'metadataFile',
  'network',
  'progress',
  'quiet',
  'load',
  'platform',
  'rm',
  'forceRm',
])

/** What a build depends on besides words, Dockerfile and store; native/again.c has the same in the same order. */
const variables: readonly string[] = [
  'TSBUILD_ROOT',
  'TSBUILD_RUN',
  'TSBUILD_PULL',
  'BUILDKIT_PROGRESS',
  'DOCKER_DEFAULT_PLATFORM',
  'SOURCE_DATE_EPOCH',
  'CI',
  'EXPERIMENTAL_BUILDKIT_SOURCE_POLICY',
]

/** The helper (native/again.c) looks for no more. */
const mostWords = 64

/**
 * What this command line may be remembered by, so that the helper answers it alone when everything is done. Undefined where nobody looks
 * for recipes, or where more than these words, the Dockerfile and the store decides.
 *
 * @param options what was read of the words, by the camel case of their names
 * @param words as the program was given them
 */
export const buildKey = (
  options: Readonly<Record<string, unknown>>,
  { env, cwd, stderr }: Pick<CliContext, 'env' | 'cwd' | 'stderr'>,
  words: readonly string[],
): string | undefined => {
  const own = words[0] === 'build' ? words.slice(1) : words
  if (!env['TSBUILD_AGAIN'] || env['TSBUILD_RECIPES'] === 'off' || env['NODE_OPTIONS']) return undefined
  if (stderr.isTTY || own.length > mostWords || !areRepeatable(options)) return undefined
  if (env['TSBUILD_PULL'] === 'always' || !isPlace(env['TSBUILD_ROOT']) || !isPlace(env['TSBUILD_RUN']))
    return undefined
  const parts = ['build', cwd, ...variables.map((name) => env[name] ?? ''), ...own]
  return parts.map((part) => `${part}\0`).join('')
}

const isPlace = (path = ''): boolean => path === '' || path.startsWith('/')

const areRepeatable = (options: Readonly<Record<string, unknown>>): boolean =>
  Object.entries(options).every(([name, value]) => repeatable.has(name) || isUnsaid(name, value)) &&
  // The others are in the environment.
  listOf(options['buildArg']).every((arg) => arg.includes('='))

const listOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

/** A flag that is called --no-X has the value true when it is not given. */
const unsaidAsTrue: ReadonlySet<string> = new Set(['cache', 'cacheFilter', 'sync'])

const isUnsaid = (name: string, value: unknown): boolean =>
  unsaidAsTrue.has(name)
    ? value === true
    : value === undefined || value === false || (Array.isArray(value) && value.length === 0)
