import type { RecipePlace } from '../../engine/index.ts'
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
  'detachKeys',
])

/**
 * Where to write down how this command line is run, if the front asks for it and nothing but what it checks then decides on it:
 * TSBUILD_RECIPE is the path. Undefined otherwise.
 */
export const recipePlaceOf = (
  flags: RunFlags,
  { env, root }: Pick<CliContext, 'env' | 'root'>,
  words: readonly string[],
): RecipePlace | undefined => {
  const path = env['TSBUILD_RECIPE']
  if (path === undefined || !path.startsWith(`${root}/cache/runs/`) || !areRepeatable(flags)) return undefined
  const parts = [env['TSBUILD_ROOT'], env['TSBUILD_RUN'], env['TSBUILD_PULL']].map((text) => text ?? '')
  return { path, key: [...parts, ...words].map((part) => `${part}\0`).join('') }
}

const areRepeatable = (flags: RunFlags): boolean =>
  Object.entries(flags).every(([name, value]) => repeatable.has(name) || isUnsaid(name, value)) &&
  (flags.pull ?? 'missing') !== 'always' &&
  // The others are ours.
  (flags.env ?? []).every((variable) => variable.includes('='))

/** commander gives a flag that is called --no-X the value true. */
const isUnsaid = (name: string, value: unknown): boolean =>
  value === undefined || value === false || (name === 'healthcheck' && value === true)
