import type { NetworkKind } from './types.ts'

export interface ResolvConfOptions {
  readonly kind: NetworkKind
  /** A server of our own answers at this address and asks the others (`serversFor`). */
  readonly resolver?: string
  /** --dns: replaces the host's name servers. */
  readonly servers?: readonly string[]
  /** --dns-search; `.` means none. */
  readonly search?: readonly string[]
  /** --dns-option */
  readonly options?: readonly string[]
}

/** Used when the host names only servers that a container cannot reach. */
const publicServers = ['1.1.1.1', '8.8.8.8']

/**
 * The container's /etc/resolv.conf, from the host's. Servers on the loopback address are left out unless the
 * container shares the host's network: there is nobody to answer inside.
 */
export const resolvConfFor = (hostText: string, options: ResolvConfOptions): string => {
  const lines = linesOf(hostText)
  const reachable = options.resolver === undefined ? serversFor(hostText, options) : [options.resolver]
  const search = (given(options.search) ?? lastSearch(lines)).filter((domain) => domain !== '.')
  const settings = given(options.options) ?? valuesOf(lines, 'options')
  // Names of containers have no dots: they are to be asked for as they are.
  const ndots =
    options.resolver === undefined || settings.some((word) => word.startsWith('ndots:')) ? [] : ['ndots:0']
  return [
    ...reachable.map((server) => `nameserver ${server}`),
    ...(search.length > 0 ? [`search ${search.join(' ')}`] : []),
    ...(settings.length + ndots.length > 0 ? [`options ${[...settings, ...ndots].join(' ')}`] : []),
    '',
  ].join('\n')
}

/** The name servers that answer what nobody here knows. */
export const serversFor = (hostText: string, options: ResolvConfOptions): readonly string[] => {
  const hostServers = valuesOf(linesOf(hostText), 'nameserver').filter(
    (server) => options.kind === 'host' || !isLoopback(server),
  )
  const servers = given(options.servers) ?? hostServers
  return servers.length > 0 || options.kind !== 'bridge' ? servers : publicServers
}

const linesOf = (text: string): readonly string[] => text.split('\n').map((line) => line.trim())

const valuesOf = (lines: readonly string[], keyword: string): readonly string[] =>
  lines.flatMap((line) => {
    const [first, ...rest] = line.split(/\s+/)
    return first === keyword ? rest : []
  })

/** Whether all name servers of a resolv.conf are on loopback, as with a local stub resolver. */
export const namesOnlyLoopback = (text: string): boolean => {
  const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1] ?? '')
  return servers.length > 0 && servers.every(isLoopback)
}

const given = (list: readonly string[] | undefined): readonly string[] | undefined =>
  list && list.length > 0 ? list : undefined

const isLoopback = (server: string): boolean => server.startsWith('127.') || server === '::1'

/** resolv.conf(5): of several search or domain lines the last one counts. */
const lastSearch = (lines: readonly string[]): readonly string[] => {
  const line = lines.findLast((text) => /^(search|domain)\s/.test(text))
  return line ? line.split(/\s+/).slice(1) : []
}
