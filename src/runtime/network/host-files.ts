import { readFileSync } from 'node:fs'
import { namesOnlyLoopback } from './resolv-conf.ts'
import type { NetworkKind } from './types.ts'

/** The file of a local stub resolver that names the servers behind it. */
const upstreamResolvConf = '/run/systemd/resolve/resolv.conf'

/** The host's resolv.conf as a source for a container's; of a local stub resolver its upstream servers. '' when there is none. */
export const readHostResolvConf = (kind: NetworkKind): string => {
  const text = readOptional('/etc/resolv.conf')
  if (kind === 'host' || !namesOnlyLoopback(text)) return text
  return readOptional(upstreamResolvConf) || text
}

/** The host's /etc/hosts, for containers that share its network. '' when there is none. */
export const readHostHosts = (): string => readOptional('/etc/hosts')

const readOptional = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
