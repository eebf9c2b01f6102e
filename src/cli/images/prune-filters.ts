import type { PruneOptions } from '../../engine/index.ts'
import { durationOf } from '../value-forms.ts'
import { parseFilters } from './filters.ts'
import { usage } from './parse-verb.ts'

/**
 * `--filter` values of prune: images made before `until`, with and without labels; steps and cache mounts unused since then. Throws
 * `usage`.
 */
export const pruneFilters = (
  texts: readonly string[] | undefined,
  now: number,
): Pick<PruneOptions, 'filter' | 'unusedSince'> => {
  const filters = parseFilters('prune', texts)
  for (const key of filters.keys())
    if (!['until', 'label', 'label!', 'unused-for'].includes(key))
      throw usage('prune', `unknown filter ${JSON.stringify(key)}`, 'known filters: until, label, label!')
  const untils = [...(filters.get('until') ?? []), ...(filters.get('unused-for') ?? [])]
  const until = untils.length === 0 ? undefined : Math.min(...untils.map((text) => timeOf(text, now)))
  const wanted = (filters.get('label') ?? []).map(labelOf)
  const unwanted = (filters.get('label!') ?? []).map(labelOf)
  if (until === undefined && wanted.length + unwanted.length === 0) return {}
  return {
    filter: ({ config }) => {
      const labels = config.config?.Labels ?? {}
      const isOld =
        until === undefined || Date.parse(config.created ?? '') < until || config.created === undefined
      return isOld && wanted.every((has) => has(labels)) && !unwanted.some((has) => has(labels))
    },
    ...(until === undefined ? {} : { unusedSince: until }),
  }
}

/** A moment: a duration before now, seconds since the epoch, or a date. Milliseconds since the epoch. */
const timeOf = (text: string, now: number): number => {
  const ago = durationOf(text)
  if (ago !== undefined) return now - ago / 1e6
  const at = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  if (Number.isNaN(at))
    throw usage(
      'prune',
      `--filter until=${text}: expected a duration such as 24h, or a time such as 2026-11-22`,
    )
  return at
}

const labelOf = (text: string): ((labels: Readonly<Record<string, string>>) => boolean) => {
  const equals = text.indexOf('=')
  const key = equals < 0 ? text : text.slice(0, equals)
  return (labels) => Object.hasOwn(labels, key) && (equals < 0 || labels[key] === text.slice(equals + 1))
}
