import { createAuthorizer } from './auth/authorizer.ts'
import type { TokenSender } from './auth/token-service.ts'
import { fetchBlob, findBlob } from './operations/blobs.ts'
import { checkLogin } from './operations/check-login.ts'
import type { Client } from './operations/client.ts'
import { listTags } from './operations/list-tags.ts'
import { fetchManifest, resolveName, sendManifest } from './operations/manifests.ts'
import { mountFrom, sendBlob } from './operations/push-blob.ts'
import type { Endpoint, Registry, RegistryOptions, RequestOptions } from './types.ts'
import { openClients } from './wire/clients.ts'
import { readableFailure } from './wire/failure.ts'
import { createOrigins } from './wire/origin.ts'
import { withRetries } from './wire/retries.ts'
import { collectSecrets } from './wire/secrets.ts'
import { createWire } from './wire/wire.ts'

/** A client for one command. Opens nothing before it is asked. */
export const openRegistry = (options: RegistryOptions): Registry => {
  const { hosts, credentials, userAgent, retryDelay = 500, idleTimeout = 60_000 } = options
  const clients = openClients(options)
  const secrets = collectSecrets()
  /** Token services get neither redirected nor the registry's own headers. */
  const sender =
    (endpoint: Endpoint, { signal }: RequestOptions): TokenSender =>
    (url, request) =>
      clients.clientFor(endpoint, url).send(url, {
        ...request,
        headers: { 'User-Agent': userAgent, Accept: 'application/json', ...request.headers },
        ...(signal ? { signal } : {}),
      })
  const authorizer = createAuthorizer({ find: (...asked) => credentials.find(...asked), sender, secrets })
  const wire = createWire({ clients, authorizer, secrets, userAgent, originOf: createOrigins(clients) })
  const client: Client = { wire, hosts, retryDelay, pushTimeout: 5 * idleTimeout }
  return {
    resolve: (name, request = {}) => resolveName(client, name, request),
    manifest: (name, request = {}) => fetchManifest(client, name, request),
    blob: (name, blob, write, request = {}) => fetchBlob(client, name, blob, write, request),
    hasBlob: (name, digest, request = {}) => findBlob(client, name, digest, request),
    mountBlob: (name, digest, from, request = {}) => mountFrom(client, name, digest, from, request),
    pushBlob: (name, blob, source, request = {}) => sendBlob(client, name, blob, source, request),
    pushManifest: (name, manifest, request = {}) => sendManifest(client, name, manifest, request),
    tags: (name, request = {}) => listTags(client, name, request),
    async login(registry, credential, request = {}) {
      secrets.addCredential(credential)
      try {
        return await withRetries({ delay: retryDelay, ...request }, () =>
          checkLogin(client, { registry, credential, sender }, request),
        )
      } catch (error) {
        throw readableFailure(error, `log in to ${registry}`, registry)
      }
    },
    [Symbol.dispose]: () => clients[Symbol.dispose](),
  }
}
