/** Forms of values that several programs' options have. Each gives undefined for text that is none: the option says what it expected. */

const units = ['b', 'k', 'm', 'g', 't']

/** `512m`, `1.5g`, `64KiB`, `100` -> bytes; units are powers of 1024, as docker's. */
export const bytesOf = (text: string): number | undefined => {
  const match = /^(\d+(?:\.\d+)?)\s*(b|[kmgt])?(?:i?b)?$/i.exec(text)
  if (!match) return undefined
  return Math.floor(Number(match[1]) * 1024 ** units.indexOf((match[2] ?? 'b').toLowerCase()))
}

/** Names of resource limits, as `ulimit` options have them. */
export const ulimitNames: ReadonlySet<string> = new Set([
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
])

/** `nofile=1024:2048`, `core=0`, `nproc=-1`; -1 is unlimited, the hard limit is the soft one unless it is said. */
export const ulimitOf = (
  text: string,
): { readonly name: string; readonly soft: number; readonly hard: number } | undefined => {
  const match = /^([a-z]+)=(-1|\d+)(?::(-1|\d+))?$/.exec(text)
  const name = match?.[1]
  if (!match || name === undefined || !ulimitNames.has(name)) return undefined
  const soft = Number(match[2])
  return { name, soft, hard: match[3] === undefined ? soft : Number(match[3]) }
}

/** `NAME:ADDRESS` or `NAME=ADDRESS`; an IPv6 address may stand in brackets. */
export const extraHostOf = (
  text: string,
): { readonly name: string; readonly address: string } | undefined => {
  const match = /^([^:=\s]+)[:=]\[?([0-9a-fA-F.:]+|host-gateway)\]?$/.exec(text)
  const [, name, address] = match ?? []
  if (name === undefined || address === undefined) return undefined
  return address === 'host-gateway' || isAddress(address) ? { name, address } : undefined
}

/** Loaded when it is asked for. */
const isAddress = (text: string): boolean => process.getBuiltinModule('node:net').isIP(text) !== 0

/** Go's strconv.ParseBool, which docker reads switches with. */
export const booleanOf = (text: string): boolean | undefined => {
  if (['1', 't', 'true'].includes(text.toLowerCase())) return true
  return ['0', 'f', 'false'].includes(text.toLowerCase()) ? false : undefined
}

const nanoseconds: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
}

/** Go's time.ParseDuration without a sign, `1h30m` or `1.5s` -> nanoseconds. */
export const durationOf = (text: string): number | undefined => {
  if (text === '0') return 0
  const parts = [...text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|[smh])/g)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined
  return Math.round(parts.reduce((sum, part) => sum + Number(part[1]) * (nanoseconds[part[2] ?? ''] ?? 0), 0))
}
