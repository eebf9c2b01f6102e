import type { IncomingMessage } from 'node:http'
import type { Descriptor, Digest } from '../../../foundation/oci/index.ts'
import type { BlobOptions, Endpoint, Repository, RequestOptions } from '../types.ts'
import { overEndpoints } from '../wire/over-endpoints.ts'
import { drain } from '../wire/read-body.ts'
import { sizeMismatch, startOf } from './blob-range.ts'
import type { Client } from './client.ts'
import { pullScope, pushScope, shownName } from './scopes.ts'

type Write = (chunk: Uint8Array) => void

/** So much must have come since the last failure for it to be forgotten: a server that gives a byte at a time is given up. */
const progress = 1 << 20

/** `Registry.blob` */
export const fetchBlob = async (
  client: Client,
  name: Repository,
  blob: Descriptor,
  write: Write,
  options: BlobOptions,
): Promise<void> => {
  const { offset = 0, length = blob.size - offset, signal } = options
  const end = offset + length
  const doing = `pull ${blob.digest} of ${shownName(name)}`
  if (offset < 0 || length < 0 || end > blob.size) throw sizeMismatch(doing, end, blob.size)
  let reached = offset
  let counted = offset
  const hasProgressed = (): boolean => {
    if (reached - counted < progress) return false
    counted = reached
    return true
  }
  let isOurs = false
  const take = (chunk: Uint8Array): void => {
    isOurs = true
    write(chunk)
    isOurs = false
    reached += chunk.length
  }
  const retry = { delay: client.retryDelay, hasProgressed, ...(signal ? { signal } : {}) }
  if (length === 0 && blob.size > 0) return
  const attempt = {
    hosts: client.hosts,
    name,
    capability: 'pull',
    doing,
    retry,
    isOurs: () => isOurs,
  } as const
  await overEndpoints(attempt, async (endpoint) => {
    if (reached === end && blob.size > 0) return
    const message = await openBlob(client, endpoint, {
      digest: blob.digest,
      from: reached,
      to: end,
      size: blob.size,
      doing,
      signal,
    })
    const start = startOf(message, { from: reached, to: end }, blob.size, doing)
    await deliver(message, { skip: reached - start, want: end - reached }, take)
  })
}

interface WantedBytes {
  readonly digest: Digest
  readonly from: number
  readonly to: number
  readonly size: number
  readonly doing: string
  readonly signal: AbortSignal | undefined
}

const openBlob = async (
  { wire }: Client,
  endpoint: Endpoint,
  wanted: WantedBytes,
): Promise<IncomingMessage> => {
  const { digest, from, to, size, doing, signal } = wanted
  const isPart = from > 0 || to < size
  const { message } = await wire.call({
    endpoint,
    doing,
    to: `/blobs/${digest}`,
    scopes: pullScope(endpoint),
    headers: {
      'Accept-Encoding': 'identity',
      ...(isPart ? { Range: `bytes=${from}-${to - 1}` } : {}),
    },
    expect: isPart ? [200, 206] : [200],
    ...(signal ? { signal } : {}),
  })
  return message
}

/** Passes on `want` bytes behind the first `skip`. Throws what `take` throws, and ECONNRESET when the answer ends early. */
const deliver = (
  message: IncomingMessage,
  span: { readonly skip: number; readonly want: number },
  take: Write,
): Promise<void> =>
  new Promise((resolve, reject) => {
    let { skip, want } = span
    const end = (error?: unknown): void => {
      message.removeAllListeners('data')
      // What is left is not worth the connection; an answer that is complete leaves it open.
      if (!message.complete) message.destroy()
      if (error === undefined) resolve()
      else reject(error instanceof Error ? error : new Error(String(error)))
    }
    message.on('error', (error) => reject(error))
    message.on('data', (chunk: Buffer) => {
      // More than was said.
      if (want === 0) return end()
      const useful = chunk.subarray(Math.min(skip, chunk.length), Math.min(chunk.length, skip + want))
      skip -= Math.min(skip, chunk.length)
      if (useful.length === 0) return
      try {
        want -= useful.length
        take(useful)
      } catch (error) {
        return end(error)
      }
    })
    message.once('end', () => (want === 0 ? resolve() : reject(cutOff())))
    message.once('close', () => (want === 0 ? resolve() : reject(cutOff())))
  })

const cutOff = (): Error => Object.assign(new Error('the body is cut off'), { code: 'ECONNRESET' })

/** `Registry.hasBlob` */
export const findBlob = (
  client: Client,
  name: Repository,
  digest: Digest,
  { signal }: RequestOptions,
): Promise<boolean> => {
  const doing = `look for ${digest} in ${shownName(name)}`
  const retry = { delay: client.retryDelay, ...(signal ? { signal } : {}) }
  return overEndpoints({ hosts: client.hosts, name, capability: 'push', doing, retry }, async (endpoint) => {
    const { message } = await client.wire.call({
      endpoint,
      doing,
      method: 'HEAD',
      to: `/blobs/${digest}`,
      scopes: pushScope(endpoint),
      // Who says where it lies has it.
      expect: [200, 302, 303, 307, 308, 404],
      ...(signal ? { signal } : {}),
    })
    await drain(message)
    return message.statusCode !== 404
  })
}
