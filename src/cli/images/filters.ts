import { usage } from './parse-verb.ts'

/** `--filter KEY=VALUE` options by key. Throws `usage` for one without `=`. */
export const parseFilters = (
  verb: string,
  filters: readonly string[] = [],
): ReadonlyMap<string, readonly string[]> => {
  const parsed = new Map<string, readonly string[]>()
  for (const filter of filters) {
    const equals = filter.indexOf('=')
    if (equals < 1) throw usage(verb, `--filter ${JSON.stringify(filter)}: expected KEY=VALUE`)
    const key = filter.slice(0, equals)
    parsed.set(key, [...(parsed.get(key) ?? []), filter.slice(equals + 1)])
  }
  return parsed
}
