import type { IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { exitCode } from '../../../foundation/errors/index.ts'
import type { Digest } from '../../../foundation/oci/index.ts'
import { shownUrl } from '../../source-url/index.ts'
import { RemoteError } from '../errors.ts'
import type { FetchOptions, RemoteEnvironment } from '../types.ts'
import { openUrl, withRetries } from './open-url.ts'
import { type StagedFile, stageFile } from './staged-file.ts'

/** What is remembered of a URL, so that it is asked for only when it changed. */
export interface UrlRecord {
  readonly digest: Digest
  readonly etag?: string
  /** Of the header Last-Modified, seconds since the epoch. */
  readonly modified?: number
}

export type FetchedUrl =
  /** The server says that it is what `known` describes. */
  | { readonly kind: 'unchanged'; readonly record: UrlRecord }
  | { readonly kind: 'file'; readonly file: StagedFile; readonly record: UrlRecord }

export interface FetchUrlRequest {
  readonly url: string
  readonly known?: UrlRecord
  /** What the bytes must be; they are thrown away when they are not. */
  readonly checksum?: Digest
  /** Bytes; default 64 GiB. */
  readonly limit?: number
}

/**
 * Fetches a URL into a staged file. Errors: `unreachable`, `fetch-failed`, `fetch-refused`, `checksum-mismatch`, `fetch-too-large`.
 * A body with `Content-Encoding: gzip` is unpacked, as docker does.
 */
export const fetchUrl = (
  request: FetchUrlRequest,
  environment: RemoteEnvironment,
  options: FetchOptions,
): Promise<FetchedUrl> =>
  withRetries(request.url, environment, options.signal, () => fetchOnce(request, environment, options))

const fetchOnce = async (
  { url, known, checksum, limit = 64 * 2 ** 30 }: FetchUrlRequest,
  environment: RemoteEnvironment,
  { signal, onProgress }: FetchOptions,
): Promise<FetchedUrl> => {
  const answer = await openUrl(url, known ? validators(known) : {}, environment, signal)
  try {
    if (known && isSame(answer, known)) return { kind: 'unchanged', record: known }
    if (answer.statusCode === 304)
      throw new RemoteError('fetch-failed', `fetch ${shownUrl(url)}: the server answered 304 unasked`)
    const length = Number(answer.headers['content-length'] ?? Number.NaN)
    const total = Number.isFinite(length) ? length : undefined
    const check = (size: number): void => {
      if (size > limit) throw tooLarge(url, limit)
      onProgress?.(size, total)
    }
    if (total !== undefined && total > limit) throw tooLarge(url, limit)
    const file = await stageFile(environment.stage, bodyOf(answer, url, total), check)
    if (checksum !== undefined && file.digest !== checksum) {
      file[Symbol.dispose]()
      throw mismatch(url, file.digest, checksum)
    }
    return { kind: 'file', file, record: { digest: file.digest, ...validatorsOf(answer) } }
  } finally {
    answer.destroy()
  }
}

const validators = ({ etag, modified }: UrlRecord): Record<string, string> => ({
  ...(etag === undefined ? {} : { 'If-None-Match': etag }),
  ...(etag === undefined && modified !== undefined
    ? { 'If-Modified-Since': new Date(modified * 1000).toUTCString() }
    : {}),
})

/** Some servers send tags but never compare them. */
const isSame = ({ statusCode, headers }: IncomingMessage, { etag }: UrlRecord): boolean =>
  statusCode === 304 ||
  (etag !== undefined && headers.etag !== undefined && weak(headers.etag) === weak(etag))

const weak = (etag: string): string => etag.replace(/^W\//, '')

const validatorsOf = ({ headers }: IncomingMessage): Omit<UrlRecord, 'digest'> => {
  const time = Date.parse(headers['last-modified'] ?? '')
  const { etag } = headers
  return {
    ...(etag === undefined ? {} : { etag }),
    ...(Number.isFinite(time) ? { modified: Math.floor(time / 1000) } : {}),
  }
}

/** Output bytes per input byte, once there are many: gzip cannot reach more than about 1030. */
const maxRatio = 1100
const ratioFrom = 64 << 20

async function* bodyOf(
  answer: IncomingMessage,
  url: string,
  total: number | undefined,
): AsyncGenerator<Uint8Array, void> {
  const encoding = (answer.headers['content-encoding'] ?? '').toLowerCase()
  const isGzip = encoding === 'gzip' || encoding === 'x-gzip'
  let taken = 0
  const counted = async function* (): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of answer) {
      taken += chunk.length
      yield chunk
    }
  }
  if (!isGzip) yield* counted()
  else {
    let given = 0
    for await (const chunk of pipeline(counted, createGunzip(), () => {})) {
      given += chunk.length
      if (given > ratioFrom && given > taken * maxRatio) throw tooLarge(url, taken * maxRatio)
      yield chunk
    }
  }
  // Node says so itself in most cases; a proxy may have closed in a clean way.
  if (!answer.complete || (total !== undefined && taken !== total))
    throw Object.assign(new Error('the body is cut off'), { code: 'ECONNRESET' })
}

const tooLarge = (url: string, limit: number): RemoteError =>
  new RemoteError('fetch-too-large', `fetch ${shownUrl(url)}: more than ${limit} bytes`, {
    exitCode: exitCode.failed,
  })

const mismatch = (url: string, found: Digest, expected: Digest): RemoteError =>
  new RemoteError('checksum-mismatch', `fetch ${shownUrl(url)}: digest ${found}, expected ${expected}`, {
    exitCode: exitCode.failed,
    hint: 'what lies there has changed, or the checksum is wrong',
    details: { found, expected },
  })
