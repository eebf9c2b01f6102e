import { isLoopback } from './loopback.ts'

/** The environment's proxy for a URL (HTTP_PROXY, HTTPS_PROXY, NO_PROXY; lower case first), or undefined. */
export const proxyFor = (url: URL, env: Readonly<Record<string, string | undefined>>): URL | undefined => {
  if (isExempt(url, env['no_proxy'] ?? env['NO_PROXY'] ?? '')) return undefined
  const text =
    url.protocol === 'https:'
      ? (env['https_proxy'] ?? env['HTTPS_PROXY'])
      : // HTTP_PROXY in upper case is what a CGI server sets from a request's header "Proxy".
        (env['http_proxy'] ?? (env['REQUEST_METHOD'] === undefined ? env['HTTP_PROXY'] : undefined))
  if (!text) return undefined
  try {
    const proxy = new URL(text.includes('://') ? text : `http://${text}`)
    return proxy.protocol === 'http:' || proxy.protocol === 'https:' ? proxy : undefined
  } catch {
    return undefined
  }
}

/** Names, `.suffixes`, addresses, `host:port`, `*`. This machine itself is never asked for through a proxy. */
const isExempt = ({ hostname, port, protocol }: URL, list: string): boolean => {
  if (isLoopback(hostname)) return true
  const host = hostname.replace(/^\[|\]$/g, '')
  const ownPort = port || (protocol === 'https:' ? '443' : '80')
  return list
    .split(',')
    .map((word) => word.trim().toLowerCase())
    .some((word) => {
      if (word === '*') return true
      const [, name = word, wantedPort] = /^(.*?)(?::(\d+))?$/.exec(word) ?? []
      if (name === '' || (wantedPort !== undefined && wantedPort !== ownPort)) return false
      const suffix = name.replace(/^\*?\.?/, '')
      return host === suffix || host.endsWith(`.${suffix}`)
    })
}
