import { isLoopback } from '../../../foundation/http/index.ts'
import type { Capability, Endpoint, HostTls } from '../types.ts'
import { hostnameOf, serverOf } from './registry-name.ts'

const everything: ReadonlySet<Capability> = new Set(['resolve', 'pull', 'push'])

/** The registry itself: TLS, and on this machine, or where it is configured as insecure, what the server speaks, as docker has it. */
export const plainEndpoint = (
  registry: string,
  repository: string,
  tls: HostTls,
  insecure = false,
): Endpoint => {
  const host = serverOf(registry)
  const local = isLoopback(hostnameOf(host))
  const free = insecure || (local && tls.ca === undefined)
  return {
    registry,
    host,
    scheme: insecure || local ? 'either' : 'https',
    path: '/v2',
    repository,
    capabilities: everything,
    tls: free ? { ...tls, skipVerify: true } : tls,
    headers: {},
  }
}
