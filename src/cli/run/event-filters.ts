import type { ContainerEvent } from '../../engine/index.ts'
import { usage } from './parse-verb.ts'

const matchers: Readonly<Record<string, (event: ContainerEvent, value: string) => boolean>> = {
  container: ({ Actor }, value) =>
    Actor.Attributes['name'] === value.replace(/^\//, '') || Actor.ID.startsWith(value),
  event: ({ Action }, value) => Action === value || Action.split(':')[0] === value,
  image: ({ from }, value) => from === value || from.replace(/(?<=[^/]):[^:/]*$/, '') === value,
  label: ({ Actor }, value) => {
    const [key = '', wanted] = value.split(/=(.*)/s, 2)
    const found = Actor.Attributes[key]
    return found !== undefined && (wanted === undefined || found === wanted)
  },
  network: () => false,
  scope: (_, value) => value === 'local',
  type: (_, value) => value === 'container',
  volume: () => false,
}

/** Values of one key are alternatives, keys all count. Throws `usage`. */
export const eventFilter = (filters: readonly string[]): ((event: ContainerEvent) => boolean) => {
  const wanted = new Map<string, string[]>()
  for (const text of filters) {
    const [key = '', value = ''] = text.split(/=(.*)/s, 2)
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
    [...wanted].every(([key, values]) => values.some((value) => matchers[key]?.(event, value)))
}
