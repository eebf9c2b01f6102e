import type { UsedVolume } from '../../engine/index.ts'
import { exitCode } from '../../foundation/errors/index.ts'
import { booleanOf } from '../value-forms.ts'
import { usage } from './parse-verb.ts'

type Matcher = (used: UsedVolume, value: string) => boolean

const label: Matcher = ({ volume }, value) => {
  const equals = value.indexOf('=')
  const key = equals < 0 ? value : value.slice(0, equals)
  if (!Object.hasOwn(volume.labels, key)) return false
  return equals < 0 || volume.labels[key] === value.slice(equals + 1)
}

const matchers: Readonly<Record<string, Matcher>> = {
  dangling: ({ users }, value) => (users.length === 0) === (booleanOf(value) === true),
  driver: (_, value) => value === 'local',
  label,
  'label!': (used, value) => !label(used, value),
  name: ({ volume }, value) => volume.name.includes(value),
}

/**
 * One predicate of all `--filter KEY=VALUE`: values of one key are alternatives (labels all count), keys all count. `keys` are
 * those that the verb takes. Throws `usage`.
 */
export const parseVolumeFilters = (
  verb: string,
  filters: readonly string[],
  keys: readonly string[],
): ((used: UsedVolume) => boolean) => {
  const wanted = new Map<string, string[]>()
  for (const filter of filters) {
    const [whole = '', key = '', value = ''] = /^([a-z]+!?)=(.*)$/s.exec(filter) ?? []
    const bad = (why: string, hint?: string): Error =>
      usage(verb, `--filter ${JSON.stringify(filter)}: ${why}`, hint, exitCode.failed)
    if (whole === '' || !keys.includes(key)) throw bad('not supported', `keys are ${keys.join(', ')}`)
    if (key === 'dangling' && booleanOf(value) === undefined) throw bad('expected true or false')
    wanted.set(key, [...(wanted.get(key) ?? []), value])
  }
  return (used) =>
    [...wanted].every(([key, values]) => {
      const match = (value: string): boolean => matchers[key]?.(used, value) ?? true
      return key.startsWith('label') ? values.every(match) : values.some(match)
    })
}
