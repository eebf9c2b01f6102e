import { type HttpClient, isLoopback, openHttp, type TlsSettings } from '../../../foundation/http/index.ts'
import type { Endpoint, RegistryOptions } from '../types.ts'

/** Connections by how they are secured. */
export interface Clients extends Disposable {
  /**
   * For a URL that an endpoint leads to. What the configuration says of the endpoint's host (own certificates, no checks) is for that host
   * only; its authorities are trusted for the token service and the storage behind it too.
   */
  clientFor(endpoint: Endpoint, url: URL): HttpClient
}

export const openClients = ({ env, connections = 8, idleTimeout = 60_000 }: RegistryOptions): Clients => {
  const made = new Map<string, HttpClient>()
  return {
    clientFor({ host, tls }, url) {
      const isOwn = url.hostname === new URL(`https://${host}`).hostname
      const settings: TlsSettings = isOwn ? tls : foreignTls(tls, url)
      const key = JSON.stringify(settings)
      const client = made.get(key) ?? openHttp({ env, idleTimeout, connections, tls: settings })
      made.set(key, client)
      return client
    },
    [Symbol.dispose]: () => {
      for (const client of made.values()) client[Symbol.dispose]()
      made.clear()
    },
  }
}

const foreignTls = ({ ca, skipVerify }: TlsSettings, { hostname }: URL): TlsSettings => ({
  ...(ca ? { ca } : {}),
  ...(skipVerify && isLoopback(hostname) ? { skipVerify } : {}),
})
