import { errnoOf } from '../../../foundation/errors/index.ts'
import { isLoopback } from '../../../foundation/http/index.ts'
import type { Endpoint } from '../types.ts'
import type { Clients } from './clients.ts'
import { speaksTls } from './probe-tls.ts'
import { drain } from './read-body.ts'

/** Servers of this machine answer at once, or not at all. */
const probeTimeout = 10_000

/** How endpoints are spoken to: where the configuration leaves it open, TLS is tried once, and plain http is what remains. */
export const createOrigins = (clients: Clients) => {
  const found = new Map<string, Promise<URL>>()
  const probe = async (endpoint: Endpoint): Promise<URL> => {
    const secure = new URL(`https://${endpoint.host}`)
    const plain = new URL(`http://${endpoint.host}`)
    try {
      // What lies on this machine is never behind a proxy.
      if (isLoopback(secure.hostname))
        return (await speaksTls(
          secure.hostname.replace(/^\[|\]$/g, ''),
          Number(secure.port || 443),
          probeTimeout,
        ))
          ? secure
          : plain
      const url = new URL(`${endpoint.path}/`, secure)
      const answer = await clients
        .clientFor(endpoint, url)
        .send(url, { headers: {}, idleTimeout: probeTimeout })
      await drain(answer)
      return secure
    } catch (error) {
      if (!speaksNoTls(error, endpoint.host)) throw error
      return plain
    }
  }
  return async (endpoint: Endpoint): Promise<URL> => {
    if (endpoint.scheme !== 'either') return new URL(`${endpoint.scheme}://${endpoint.host}`)
    const asked = found.get(endpoint.host) ?? probe(endpoint)
    found.set(endpoint.host, asked)
    try {
      return await asked
    } catch (error) {
      found.delete(endpoint.host)
      throw error
    }
  }
}

/** A certificate that does not fit is no reason to go on without. */
const speaksNoTls = (error: unknown, host: string): boolean => {
  const errno = errnoOf(error) ?? ''
  // Without a port there are two to ask.
  if (errno === 'ECONNREFUSED') return !/:\d+$/.test(host)
  return /^(EPROTO|ECONNRESET|HPE_|ERR_SSL_(?!.*CERT))/.test(errno)
}
