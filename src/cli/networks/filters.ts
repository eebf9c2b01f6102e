import type { NetworkRecord } from '../../engine/index.ts'
import { exitCode } from '../../foundation/errors/index.ts'
import { parseMilliseconds } from '../run/parse-time.ts'
import { booleanOf } from '../value-forms.ts'
import { usage } from './parse-verb.ts'

/** A network as filters see it. */
export interface FilteredNetwork {
  readonly record: NetworkRecord
  /** No running container is on it. */
  readonly unused: boolean
}

type Matcher = (network: FilteredNetwork, value: string) => boolean

const predefined = new Set(['bridge', 'host', 'none'])

const label: Matcher = ({ record }, value) => {
  const equals = value.indexOf('=')
  const key = equals < 0 ? value : value.slice(0, equals)
  if (!Object.hasOwn(record.labels, key)) return false
  return equals < 0 || record.labels[key] === value.slice(equals + 1)
}

const matchers: Readonly<Record<string, Matcher>> = {
  dangling: ({ record, unused }, value) =>
    (unused && !predefined.has(record.name)) === (booleanOf(value) === true),
  driver: ({ record }, value) => record.driver === value,
  id: ({ record }, value) => record.id.startsWith(value),
  label,
  'label!': (network, value) => !label(network, value),
  name: ({ record }, value) => record.name.includes(value),
  scope: (_, value) => value === 'local',
  type: ({ record }, value) => (value === 'builtin') === predefined.has(record.name),
  until: ({ record }, value) => Date.parse(record.created) < Number(value),
}

/**
 * One predicate of all `--filter KEY=VALUE`: values of one key are alternatives (labels all count), keys all count. `keys` are
 * those that the verb takes; `now` is what spans of time are counted back from. Throws `usage`.
 */
export const parseNetworkFilters = (
  verb: string,
  filters: readonly string[],
  keys: readonly string[],
  now: number,
): ((network: FilteredNetwork) => boolean) => {
  const wanted = new Map<string, string[]>()
  for (const filter of filters) {
    const [whole = '', key = '', value = ''] = /^([a-z]+!?)=(.*)$/s.exec(filter) ?? []
    const bad = (why: string, hint?: string): Error =>
      usage(verb, `--filter ${JSON.stringify(filter)}: ${why}`, hint, exitCode.failed)
    if (whole === '' || !keys.includes(key)) throw bad('not supported', `keys are ${keys.join(', ')}`)
    if (key === 'dangling' && booleanOf(value) === undefined) throw bad('expected true or false')
    if (key === 'type' && value !== 'builtin' && value !== 'custom') throw bad('expected builtin or custom')
    const until = key === 'until' ? parseMilliseconds('--filter until', value, now) : undefined
    wanted.set(key, [...(wanted.get(key) ?? []), until === undefined ? value : String(until)])
  }
  return (network) =>
    [...wanted].every(([key, values]) => {
      const match = (value: string): boolean => matchers[key]?.(network, value) ?? true
      return key.startsWith('label') ? values.every(match) : values.some(match)
    })
}
