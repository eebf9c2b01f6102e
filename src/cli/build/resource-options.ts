import type { BuildOptions } from '../../engine/index.ts'
import { usage } from '../images/parse-verb.ts'
import { bytesOf } from '../value-forms.ts'
import { checkKeys, keyValues, shown } from './fields.ts'

const keys = [
  'memory',
  'memory-swap',
  'cpu-shares',
  'cpu-period',
  'cpu-quota',
  'cpuset-cpus',
  'cpuset-mems',
] as const
type Key = (typeof keys)[number]

/**
 * Limits of each RUN, from docker's options of these names and from `--resource KEY=VALUE`, which wins. Undefined without any.
 * Throws `usage`.
 */
export const parseResources = (
  option: (key: Key) => string | undefined,
  resource: readonly string[],
): BuildOptions['resources'] => {
  const given = new Map<string, string>()
  for (const key of keys) {
    const value = option(key)
    if (value !== undefined && value !== '') given.set(key, value)
  }
  for (const text of resource) {
    const fields = keyValues(shown('--resource', text), text)
    checkKeys(shown('--resource', text), fields.keys(), keys)
    for (const [key, value] of fields) given.set(key, value)
  }
  const memory = memoryOf(given)
  const cpu = cpuOf(given)
  if (memory === undefined && cpu === undefined) return undefined
  return { ...(memory && { memory }), ...(cpu && { cpu }) }
}

type Resources = NonNullable<BuildOptions['resources']>

const memoryOf = (given: ReadonlyMap<string, string>): Resources['memory'] => {
  const limit = bytes('memory', given)
  const swap = given.get('memory-swap') === '-1' ? -1 : bytes('memory-swap', given)
  if (limit === undefined || limit === 0) {
    if (swap === undefined || swap === 0) return undefined
    throw usage('build', '--memory-swap needs --memory', 'say how much of it may be memory')
  }
  // As much swap again as memory, unless it is said: docker's default.
  return { limit, swap: swap || limit * 2 }
}

const cpuOf = (given: ReadonlyMap<string, string>): Resources['cpu'] => {
  const shares = whole('cpu-shares', given)
  const period = whole('cpu-period', given)
  const quota = whole('cpu-quota', given)
  const cpus = given.get('cpuset-cpus')
  const mems = given.get('cpuset-mems')
  const cpu = {
    ...(shares && { shares }),
    ...(period && { period }),
    ...(quota && { quota }),
    ...(cpus && { cpus }),
    ...(mems && { mems }),
  }
  return Object.keys(cpu).length > 0 ? cpu : undefined
}

const bytes = (key: Key, given: ReadonlyMap<string, string>): number | undefined => {
  const text = given.get(key)
  if (text === undefined) return undefined
  const value = bytesOf(text)
  if (value !== undefined) return value
  throw usage('build', `--${key} ${JSON.stringify(text)}: expected a size such as 512m or 2g`)
}

/** 0 is docker's way to say nothing. */
const whole = (key: Key, given: ReadonlyMap<string, string>): number | undefined => {
  const text = given.get(key)
  if (text === undefined) return undefined
  if (/^-?\d{1,12}$/.test(text)) return Number(text)
  throw usage('build', `--${key} ${JSON.stringify(text)}: expected a whole number`)
}
