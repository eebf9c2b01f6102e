import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import {
  type Descriptor,
  type Digest,
  digestOf,
  isDigest,
  type Reference,
} from '../../../foundation/oci/index.ts'
import { RegistryError } from '../errors.ts'
import type { Endpoint, FetchedManifest, RequestOptions } from '../types.ts'
import { overEndpoints } from '../wire/over-endpoints.ts'
import { drain, readSmallBody } from '../wire/read-body.ts'
import { checkManifest } from './check-manifest.ts'
import type { Client } from './client.ts'
import { bareType, manifestTypes } from './media-types.ts'
import { pullScope, pushScope, shownName } from './scopes.ts'

/** As many bytes as registries must take (distribution-spec, "Pushing Manifests"). */
const maxManifest = 4 << 20

const accept = { Accept: manifestTypes.join(', '), 'Accept-Encoding': 'identity' }

const refOf = ({ digest, tag }: Reference): string => digest ?? tag ?? 'latest'

/** `Registry.resolve` */
export const resolveName = (
  client: Client,
  name: Reference,
  { signal }: RequestOptions,
): Promise<Descriptor> => {
  const doing = `resolve ${shownName(name)}`
  const retry = { delay: client.retryDelay, ...(signal ? { signal } : {}) }
  const capability = name.digest === undefined ? 'resolve' : 'pull'
  return overEndpoints({ hosts: client.hosts, name, capability, doing, retry }, async (endpoint) => {
    const { message } = await client.wire.call({
      endpoint,
      doing,
      method: 'HEAD',
      to: `/manifests/${refOf(name)}`,
      scopes: pullScope(endpoint),
      headers: accept,
      expect: [200, 400, 405, 501],
      ...(signal ? { signal } : {}),
    })
    await drain(message)
    const found = message.statusCode === 200 ? descriptorIn(message) : undefined
    if (found === undefined) return (await getManifest(client, endpoint, { name, doing, signal })).descriptor
    checkDigest(found.digest, name.digest, doing)
    return found
  })
}

/** What the headers of a HEAD say; undefined when they do not say all of it. */
const descriptorIn = ({ headers }: IncomingMessage): Descriptor | undefined => {
  const digest = headers['docker-content-digest']
  const size = Number(headers['content-length'] ?? Number.NaN)
  const type = bareType(headers['content-type'])
  return typeof digest === 'string' && isDigest(digest) && size > 0 && manifestTypes.includes(type)
    ? { mediaType: type, digest, size }
    : undefined
}

/** `Registry.manifest` */
export const fetchManifest = (
  client: Client,
  name: Reference,
  { signal }: RequestOptions,
): Promise<FetchedManifest> => {
  const doing = `pull ${shownName(name)}`
  const retry = { delay: client.retryDelay, ...(signal ? { signal } : {}) }
  const capability = name.digest === undefined ? 'resolve' : 'pull'
  return overEndpoints({ hosts: client.hosts, name, capability, doing, retry }, (endpoint) =>
    getManifest(client, endpoint, { name, doing, signal }),
  )
}

interface Wanted {
  readonly name: Reference
  readonly doing: string
  readonly signal: AbortSignal | undefined
}

const getManifest = async (
  { wire }: Client,
  endpoint: Endpoint,
  { name, doing, signal }: Wanted,
): Promise<FetchedManifest> => {
  const { message } = await wire.call({
    endpoint,
    doing,
    to: `/manifests/${refOf(name)}`,
    scopes: pullScope(endpoint),
    headers: accept,
    expect: [200],
    ...(signal ? { signal } : {}),
  })
  if (Number(message.headers['content-length'] ?? 0) > maxManifest) {
    message.destroy()
    throw tooLarge(doing)
  }
  const bytes = await readSmallBody(message, maxManifest + 1)
  if (bytes.length > maxManifest) throw tooLarge(doing)
  const digest = digestOf(bytes)
  checkDigest(digest, name.digest, doing)
  checkClaim(bytes, message.headers['docker-content-digest'], doing)
  const mediaType = checkManifest(bytes, bareType(message.headers['content-type']), shownName(name))
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes }
}

const tooLarge = (doing: string): RegistryError =>
  new RegistryError('manifest-too-large', `${doing}: the manifest is larger than ${maxManifest} bytes`)

const checkDigest = (found: Digest, expected: Digest | undefined, doing: string): void => {
  if (expected === undefined || found === expected) return
  throw new RegistryError('digest-mismatch', `${doing}: digest ${found}, expected ${expected}`, {
    hint: 'the registry, or something before it, gave other bytes than those asked for',
    details: { found, expected },
  })
}

/** The registry may count with another algorithm than we do. */
const checkClaim = (bytes: Buffer, claim: string | readonly string[] | undefined, doing: string): void => {
  if (typeof claim !== 'string') return
  const algorithm = /^(sha256|sha512):[0-9a-f]+$/.exec(claim)?.[1]
  if (algorithm === undefined) return
  const found = `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
  if (found === claim) return
  throw new RegistryError('digest-mismatch', `${doing}: digest ${found}, and the registry says ${claim}`, {
    hint: 'something between here and the registry changes what it sends',
    details: { found, expected: claim },
  })
}

/** `Registry.pushManifest` */
export const sendManifest = (
  client: Client,
  name: Reference,
  { mediaType, bytes }: { readonly mediaType: string; readonly bytes: Uint8Array },
  { signal }: RequestOptions,
): Promise<Descriptor> => {
  const digest = digestOf(bytes)
  const doing = `push ${shownName(name)}`
  const retry = { delay: client.retryDelay, ...(signal ? { signal } : {}) }
  return overEndpoints({ hosts: client.hosts, name, capability: 'push', doing, retry }, async (endpoint) => {
    checkDigest(digest, name.digest, doing)
    const { message } = await client.wire.call({
      endpoint,
      doing,
      method: 'PUT',
      to: `/manifests/${name.tag ?? digest}`,
      scopes: pushScope(endpoint),
      headers: { 'Content-Type': mediaType, 'Content-Length': String(bytes.length) },
      body: bytes,
      expect: [200, 201, 202],
      idleTimeout: client.pushTimeout,
      ...(signal ? { signal } : {}),
    })
    await drain(message)
    const claim = message.headers['docker-content-digest']
    if (typeof claim === 'string' && isDigest(claim)) checkDigest(claim, digest, doing)
    return { mediaType, digest, size: bytes.length }
  })
}
