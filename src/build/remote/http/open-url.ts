import type { IncomingMessage } from 'node:http'
import { AppError, errnoOf, exitCode } from '../../../foundation/errors/index.ts'
import { openHttp } from '../../../foundation/http/index.ts'
import { shownUrl } from '../../source-url/index.ts'
import { RemoteError } from '../errors.ts'
import type { RemoteEnvironment } from '../types.ts'
import { authorizationFor } from './authorization.ts'

const maxRedirects = 10
const redirects = new Set([301, 302, 303, 307, 308])

/** The answer that has a body, or 304. Follows redirects; credentials go to the host that they are for and to no other. */
export const openUrl = async (
  text: string,
  headers: Readonly<Record<string, string>>,
  environment: RemoteEnvironment,
  signal: AbortSignal,
): Promise<IncomingMessage> => {
  let url = new URL(text)
  const first = url
  const authorization = authorizationFor(url, environment.secret)
  const client = openHttp({ env: environment.env, idleTimeout: environment.idleTimeout ?? 60_000 })
  for (let count = 0; ; count++) {
    const own =
      authorization !== undefined && url.origin === first.origin ? { Authorization: authorization } : {}
    const answer = await client.send(url, {
      headers: { 'User-Agent': 'tsbuild', 'Accept-Encoding': 'gzip', ...headers, ...own },
      signal,
    })
    const status = answer.statusCode ?? 0
    if (status === 200 || status === 304) return answer
    const location = answer.headers.location
    answer.destroy()
    if (!redirects.has(status) || location === undefined)
      throw failedWith(text, status, authorization !== undefined)
    if (count === maxRedirects) throw refused(text, `it redirects more than ${maxRedirects} times`)
    url = nextUrl(url, location, text)
  }
}

const nextUrl = (from: URL, location: string, text: string): URL => {
  let next: URL
  try {
    next = new URL(location, from)
  } catch {
    throw refused(text, 'it redirects to something that is no URL')
  }
  if (next.protocol !== 'http:' && next.protocol !== 'https:')
    throw refused(text, `it redirects to ${next.protocol}, only http and https are followed`)
  if (from.protocol === 'https:' && next.protocol === 'http:')
    throw refused(text, `it redirects from https to http (${shownUrl(next.href)})`)
  // Credentials in a redirect are the server's idea, not the user's.
  next.username = ''
  next.password = ''
  return next
}

const refused = (text: string, why: string): RemoteError =>
  new RemoteError('fetch-refused', `fetch ${shownUrl(text)}: ${why}`, { exitCode: exitCode.failed })

const failedWith = (text: string, status: number, hadAuthorization: boolean): RemoteError => {
  const host = new URL(text).hostname
  return new RemoteError('fetch-failed', `fetch ${shownUrl(text)}: the server answered ${status}`, {
    details: { status },
    ...(status === 401 || status === 403
      ? {
          hint: hadAuthorization
            ? 'it does not accept these credentials'
            : `give credentials with --secret id=HTTP_AUTH_TOKEN_${host},src=FILE`,
        }
      : {}),
  })
}

const passing = new Set([408, 425, 429, 500, 502, 503, 504])
const attempts = 4

/** Does `work` again while what goes wrong is likely to pass. System errors become `unreachable`. */
export const withRetries = async <T>(
  text: string,
  { retryDelay = 500 }: RemoteEnvironment,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      signal.throwIfAborted()
      if (attempt === attempts || !mayPass(error)) throw readable(text, error, attempt)
    }
    await new Promise((resolve) => setTimeout(resolve, retryDelay * 2 ** (attempt - 1)))
    signal.throwIfAborted()
  }
}

const mayPass = (error: unknown): boolean => {
  if (error instanceof RemoteError) return passing.has(Number(error.details['status']))
  if (error instanceof AppError) return false
  return /^(ECONNRESET|ETIMEDOUT|EPIPE|EAI_AGAIN|ECONNABORTED|ENETUNREACH|EHOSTUNREACH|ECONNREFUSED|HPE_|Z_BUF_ERROR)/.test(
    errnoOf(error) ?? '',
  )
}

const readable = (text: string, error: unknown, attempt: number): unknown => {
  if (error instanceof AppError || !(error instanceof Error)) return error
  const errno = errnoOf(error)
  const tried = attempt > 1 ? ` (tried ${attempt} times)` : ''
  const why =
    errno === 'ECONNRESET'
      ? 'the connection was cut'
      : errno === 'ENOTFOUND'
        ? 'there is no such host'
        : (errno ?? error.message)
  return new RemoteError('unreachable', `fetch ${shownUrl(text)}: ${why}${tried}`, {
    cause: error,
    ...(errno !== undefined && /CERT|SIGNATURE|ALTNAME/.test(errno)
      ? { hint: 'name the authority that signed its certificate in SSL_CERT_FILE' }
      : {}),
  })
}
