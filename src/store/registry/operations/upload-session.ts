import type { IncomingMessage } from 'node:http'
import type { Digest } from '../../../foundation/oci/index.ts'
import { RegistryError } from '../errors.ts'
import type { Endpoint } from '../types.ts'
import { drain } from '../wire/read-body.ts'
import { nextUrl } from '../wire/redirect.ts'
import type { OpenSource } from './blob-body.ts'
import type { Span } from './blob-range.ts'
import type { Client } from './client.ts'
import { pushScope } from './scopes.ts'

export interface UploadRequest {
  readonly client: Client
  readonly endpoint: Endpoint
  readonly doing: string
  readonly digest: Digest
  readonly source: OpenSource
  readonly onSent: (reached: number) => void
  readonly signal: AbortSignal | undefined
}

/** An upload that the registry has begun (distribution-spec, "Pushing blobs"). */
export interface UploadSession {
  /** Smallest piece that it takes, 0 when it does not say. */
  readonly minChunk: number
  /** Sends the rest from `from` on and ends the upload. */
  finish(from: number): Promise<void>
  /** Sends one piece. */
  sendChunk(span: Span): Promise<void>
  /** Bytes that have arrived, as the registry says; undefined when it knows nothing of the upload any more. */
  arrived(): Promise<number | undefined>
}

/** Asks for an upload. Throws `registry-denied`, `registry-protocol`, ... */
export const beginUpload = async (request: UploadRequest): Promise<UploadSession> => {
  const { client, endpoint, doing, digest, source, onSent, signal } = request
  const common = {
    endpoint,
    doing,
    scopes: pushScope(endpoint),
    idleTimeout: client.pushTimeout,
    ...(signal ? { signal } : {}),
  }
  const begun = await client.wire.call({
    ...common,
    method: 'POST',
    to: '/blobs/uploads/',
    headers: { 'Content-Length': '0' },
    expect: [202],
  })
  await drain(begun.message)
  let location = nextUrl(begun.url, begun.message.headers.location, doing)
  /** The place may be another one after each answer. */
  const moveOn = async ({ message, url }: { message: IncomingMessage; url: URL }): Promise<void> => {
    await drain(message)
    if (message.headers.location !== undefined) location = nextUrl(url, message.headers.location, doing)
  }
  const minimum = Number(begun.message.headers['oci-chunk-min-length'] ?? 0)
  return {
    minChunk: Number.isSafeInteger(minimum) && minimum > 0 ? minimum : 0,
    async finish(from) {
      const { size } = source
      const rest = size - from
      const { message } = await client.wire.call({
        ...common,
        method: 'PUT',
        to: withDigest(location, digest),
        headers: {
          'Content-Length': String(rest),
          ...(rest > 0 || size === 0 ? { 'Content-Type': 'application/octet-stream' } : {}),
          ...(from > 0 && rest > 0 ? { 'Content-Range': `${from}-${size - 1}` } : {}),
        },
        ...(rest > 0 ? { body: source.body({ from, to: size }, onSent) } : {}),
        expect: [201, 204],
      })
      await drain(message)
    },
    async sendChunk({ from, to }) {
      await moveOn(
        await client.wire.call({
          ...common,
          method: 'PATCH',
          to: location,
          headers: {
            'Content-Type': 'application/octet-stream',
            'Content-Length': String(to - from),
            'Content-Range': `${from}-${to - 1}`,
          },
          body: source.body({ from, to }, onSent),
          expect: [202, 204],
        }),
      )
    },
    async arrived() {
      const answer = await client.wire.call({ ...common, to: location, expect: [204, 202, 404] })
      if (answer.message.statusCode === 404) {
        await drain(answer.message)
        return undefined
      }
      await moveOn(answer)
      return arrivedIn(answer.message, doing)
    },
  }
}

/** `Range: 0-LAST`, of which `0-0` is also what some say of nothing. */
const arrivedIn = ({ headers }: IncomingMessage, doing: string): number | undefined => {
  const range = headers['range']
  if (range === undefined) return undefined
  const last = /^(?:bytes=)?0-(\d+)$/.exec(range)?.[1]
  if (last === undefined)
    throw new RegistryError(
      'registry-protocol',
      `${doing}: the registry says that ${JSON.stringify(range.slice(0, 50))} has arrived`,
    )
  return last === '0' ? undefined : Number(last) + 1
}

/** By hand: what the registry wrote into the query is its own, and must come back as it was. */
const withDigest = (location: URL, digest: Digest): URL =>
  new URL(`${location.href}${location.search === '' ? '?' : '&'}digest=${encodeURIComponent(digest)}`)
