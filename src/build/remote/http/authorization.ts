import { decodedPart } from '../../../foundation/http/index.ts'
import type { RemoteEnvironment } from '../types.ts'

/**
 * The Authorization header for a URL: of the secret `HTTP_AUTH_TOKEN_<host>` (a bearer token) or `HTTP_AUTH_HEADER_<host>` (the
 * header's whole value), else of the URL's own user and password.
 */
export const authorizationFor = (url: URL, secret: RemoteEnvironment['secret']): string | undefined => {
  const text = (name: string): string | undefined => {
    const value = secret(`${name}_${url.hostname}`)
    // A line end would start another header.
    return value === undefined
      ? undefined
      : Buffer.from(value)
          .toString('utf8')
          .trim()
          .replaceAll(/[\r\n\0]/g, '')
  }
  const token = text('HTTP_AUTH_TOKEN')
  if (token !== undefined) return `Bearer ${token}`
  const header = text('HTTP_AUTH_HEADER')
  if (header !== undefined) return header
  if (url.username === '' && url.password === '') return undefined
  const pair = `${decodedPart(url.username)}:${decodedPart(url.password)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}
