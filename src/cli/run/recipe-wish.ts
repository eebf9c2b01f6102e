import type { RecipeWish } from '../../engine/index.ts'
import type { CliContext } from '../context.ts'
import type { RunFlags } from './run-flags.ts'

/** Flags whose meaning is in their words alone: none of them reads a file, or names a container or a device. */
const repeatable: ReadonlySet<string> = new Set<keyof RunFlags>([
  'rm',
  'interactive',
  'init',
  'network',
  'net',
  'entrypoint',
  'env',
  'label',
  'workdir',
  'user',
  'hostname',
  'domainname',
  'platform',
  'pull',
  'memory',
  'memorySwap',
  'memoryReservation',
  'cpus',
  'cpuShares',
  'cpuQuota',
  'cpuPeriod',
  'pidsLimit',
  'ulimit',
  'readOnly',
  'shmSize',
  'capAdd',
  'capDrop',
  'stopSignal',
  'stopTimeout',
  'umask',
  'timeout',
  'unsetenv',
  'unsetenvAll',
  'detachKeys',
])

/**
 * What this command line may be remembered by, so that the front runs it alone another time. Undefined where more than these words and
 * what a recipe checks decides on it, and where TSBUILD_RECIPES is `off`; with `first` it is written down at once.
 */
export const recipeWishOf = (
  flags: RunFlags,
  { env }: Pick<CliContext, 'env'>,
  words: readonly string[],
  command: readonly string[],
): RecipeWish | undefined => {
  const head = words.slice(0, words.length - command.length)
  const wanted = env['TSBUILD_RECIPES']
  if (wanted === 'off' || head.length > mostWords || !areRepeatable(flags)) return undefined
  if (dependsOnPlace(head, env)) return undefined
  const parts = [env['TSBUILD_ROOT'], env['TSBUILD_RUN'], env['TSBUILD_PULL']].map((text) => text ?? '')
  const key = `${[...parts, ...head].map((part) => `${part}\0`).join('')}${command.length > 0 ? '+' : '.'}`
  return { key, atOnce: wanted === 'first' }
}

/** The front (native/front_recipe.c) tries no more. */
const mostWords = 64

/** Other directories in another working directory; and the front looks for recipes in the usual store only. */
const dependsOnPlace = ([first = '']: readonly string[], env: CliContext['env']): boolean =>
  first.startsWith('--root') || !isPlace(env['TSBUILD_ROOT']) || !isPlace(env['TSBUILD_RUN'])

const isPlace = (path = ''): boolean => path === '' || path.startsWith('/')

const areRepeatable = (flags: RunFlags): boolean =>
  Object.entries(flags).every(([name, value]) => repeatable.has(name) || isUnsaid(name, value)) &&
  (flags.pull ?? 'missing') !== 'always' &&
  // The others are ours.
  (flags.env ?? []).every((variable) => variable.includes('='))

/** commander gives a flag that is called --no-X the value true. */
const isUnsaid = (name: string, value: unknown): boolean =>
  value === undefined || value === false || (name === 'healthcheck' && value === true)
