import type { Descriptor, Digest } from '../../../foundation/oci/index.ts'
import { RegistryError } from '../errors.ts'
import type { BlobSource, PushOptions, Repository, RequestOptions } from '../types.ts'
import { overEndpoints } from '../wire/over-endpoints.ts'
import { drain } from '../wire/read-body.ts'
import { openSource } from './blob-body.ts'
import { sizeMismatch } from './blob-range.ts'
import type { Client } from './client.ts'
import { pushScope, shownName } from './scopes.ts'
import { beginUpload, type UploadRequest, type UploadSession } from './upload-session.ts'

/** Where a server before the registry takes no larger requests. */
const smallChunk = 8 << 20

/** `Registry.pushBlob` */
export const sendBlob = async (
  client: Client,
  name: Repository,
  blob: Descriptor,
  source: BlobSource,
  options: PushOptions,
): Promise<void> => {
  const { signal, onProgress } = options
  const doing = `push ${blob.digest} to ${shownName(name)}`
  using opened = openSource(source)
  if (opened.size !== blob.size) throw sizeMismatch(doing, opened.size, blob.size)
  let chunkSize = options.chunkSize
  /** A begun upload, which may know how far it came. */
  let session: UploadSession | undefined
  let counted = 0
  let arrived = 0
  const hasProgressed = (): boolean => {
    if (arrived - counted < progress) return false
    counted = arrived
    return true
  }
  const retry = { delay: client.retryDelay, hasProgressed, ...(signal ? { signal } : {}) }
  const onSent = (reached: number): void => onProgress?.(reached)
  await overEndpoints({ hosts: client.hosts, name, capability: 'push', doing, retry }, async (endpoint) => {
    const request: UploadRequest = {
      client,
      endpoint,
      doing,
      digest: blob.digest,
      source: opened,
      onSent,
      signal,
    }
    const known = session && (await reachedOf(session))
    if (session !== undefined && known !== undefined) {
      arrived = known
      try {
        return await sendFrom(session, known, blob.size, chunkSize)
      } catch (error) {
        // Some registries append what they had already: then all is sent anew.
        if (!(error instanceof RegistryError)) throw error
      }
    }
    session = await beginUpload(request)
    try {
      await sendFrom(session, 0, blob.size, chunkSize)
    } catch (error) {
      if (!isTooLarge(error) || (chunkSize !== undefined && chunkSize <= smallChunk)) throw error
      chunkSize = smallChunk
      session = await beginUpload(request)
      await sendFrom(session, 0, blob.size, chunkSize)
    }
  })
}

/** So much must have arrived since the last failure for it to be forgotten. */
const progress = 1 << 20

const isTooLarge = (error: unknown): boolean =>
  error instanceof RegistryError && error.details['status'] === 413

/** Whoever cannot say how far an upload came gets it anew. */
const reachedOf = async (session: UploadSession): Promise<number | undefined> => {
  try {
    return await session.arrived()
  } catch (error) {
    if (error instanceof RegistryError) return undefined
    throw error
  }
}

const sendFrom = async (
  session: UploadSession,
  start: number,
  size: number,
  chunkSize: number | undefined,
): Promise<void> => {
  if (chunkSize === undefined) return session.finish(start)
  const step = Math.max(chunkSize, session.minChunk, 1)
  for (let from = start; from < size; from = Math.min(size, from + step))
    await session.sendChunk({ from, to: Math.min(size, from + step) })
  await session.finish(size)
}

/** `Registry.mountBlob` */
export const mountFrom = (
  client: Client,
  name: Repository,
  digest: Digest,
  from: string,
  { signal }: RequestOptions,
): Promise<boolean> => {
  const doing = `mount ${digest} in ${shownName(name)}`
  const retry = { delay: client.retryDelay, ...(signal ? { signal } : {}) }
  return overEndpoints({ hosts: client.hosts, name, capability: 'push', doing, retry }, async (endpoint) => {
    const query = new URLSearchParams({ mount: digest, from })
    try {
      const { message } = await client.wire.call({
        endpoint,
        doing,
        method: 'POST',
        to: `/blobs/uploads/?${query.toString()}`,
        scopes: [...pushScope(endpoint), `repository:${from}:pull`],
        headers: { 'Content-Length': '0' },
        // 202: it has begun an upload instead.
        expect: [201, 202],
        ...(signal ? { signal } : {}),
      })
      await drain(message)
      return message.statusCode === 201
    } catch (error) {
      // Who may not read the other repository, or cannot mount, sends the bytes.
      if (error instanceof RegistryError && refusals.has(Number(error.details['status']))) return false
      throw error
    }
  })
}

const refusals = new Set([400, 401, 403, 404, 405])
