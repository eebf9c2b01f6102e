import { AppError } from '../../../foundation/errors/index.ts'
import { digestOf, parseDigest } from '../../../foundation/oci/index.ts'
import type { UrlRecord } from './fetch-url.ts'

/** Key of a URL in the table of records: nothing of it, not even its credentials, can be read there. */
export const urlKey = (url: string): string => digestOf(url)

/** Throws `bad-record`. */
export const parseUrlRecord = (value: unknown): UrlRecord => {
  if (typeof value === 'object' && value !== null && 'digest' in value) {
    const { digest, etag, modified } = value as Readonly<Record<string, unknown>>
    return {
      digest: parseDigest(String(digest)),
      ...(typeof etag === 'string' ? { etag } : {}),
      ...(typeof modified === 'number' ? { modified } : {}),
    }
  }
  throw new AppError('bad-record', 'parse URL record: expected an object with a digest')
}
