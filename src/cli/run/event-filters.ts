import type { EventType, StoreEvent } from '../../engine/index.ts'
import { filterOf } from '../filter-words.ts'
import { usage } from './parse-verb.ts'

/** The thing itself, by its id (of a container also the first digits) or by its name. */
const ofType =
  (type: EventType) =>
  ({ Type, Actor }: StoreEvent, value: string): boolean =>
    Type === type &&
    (Actor.Attributes['name'] === value.replace(/^\//, '') || (value !== '' && Actor.ID.startsWith(value)))

const withoutTag = (name: string): string => name.replace(/(?<=[^/]):[^:/]*$/, '')

const matchers: Readonly<Record<string, (event: StoreEvent, value: string) => boolean>> = {
  container: ofType('container'),
  event: ({ Action }, value) => Action === value || Action.split(':')[0] === value,
  image: ({ Type, Actor, from }, value) => {
    const names =
      Type === 'image' ? [Actor.ID, Actor.Attributes['name'] ?? ''] : from === undefined ? [] : [from]
    return names.some((name) => name === value || withoutTag(name) === value)
  },
  label: ({ Actor }, value) => {
    const [key = '', wanted] = value.split(/=(.*)/s, 2)
    const found = Actor.Attributes[key]
    return found !== undefined && (wanted === undefined || found === wanted)
  },
  network: ofType('network'),
  scope: (_, value) => value === 'local',
  type: ({ Type }, value) => Type === value,
  volume: ofType('volume'),
}

/** Values of one key are alternatives (labels all count), keys all count. Throws `usage`. */
export const eventFilter = (filters: readonly string[]): ((event: StoreEvent) => boolean) => {
  const wanted = new Map<string, string[]>()
  for (const text of filters) {
    if (text === '') continue
    const { key, value } = filterOf(text) ?? { key: '', value: '' }
    if (!Object.hasOwn(matchers, key)) {
      throw usage(
        'events',
        `--filter ${JSON.stringify(text)}: not supported`,
        `keys are ${Object.keys(matchers).join(', ')}`,
      )
    }
    wanted.set(key, [...(wanted.get(key) ?? []), value])
  }
  return (event) =>
    [...wanted].every(([key, values]) => {
      const match = (value: string): boolean => matchers[key]?.(event, value) ?? false
      return key === 'label' ? values.every(match) : values.some(match)
    })
}
