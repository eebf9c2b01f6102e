import type { IncomingMessage } from 'node:http'
import { isLoopback } from '../../../foundation/http/index.ts'
import { RegistryError } from '../errors.ts'
import type { Credential } from '../types.ts'
import { readSmallBody } from '../wire/read-body.ts'
import type { Challenge } from './challenge.ts'

export interface TokenRequest {
  readonly service: URL
  /** The service's name for the registry. */
  readonly audience?: string
  readonly scopes: readonly string[]
  /** Absent: anonymous. */
  readonly credential?: Credential
  /** Ask for a refresh token too. */
  readonly offline?: boolean
}

export interface TokenAnswer {
  readonly token: string
  readonly refreshToken?: string
  /** Milliseconds from now on. */
  readonly lifetime: number
}

/** Sends to a token service; no redirects. */
export type TokenSender = (
  url: URL,
  request: {
    readonly method: string
    readonly headers: Readonly<Record<string, string>>
    readonly body?: Uint8Array
  },
) => Promise<IncomingMessage>

const clientId = 'tsbuild'

/**
 * Where tokens are to be had. Secrets are sent there, so it must speak TLS, or lie on this machine. Its host is the registry's word: who
 * can answer for the registry over TLS could have the secrets anyway. Throws `registry-refused`.
 */
export const tokenServiceOf = (challenge: Challenge, registry: string): URL => {
  const refuse = (why: string): RegistryError =>
    new RegistryError('registry-refused', `log in to ${registry}: ${why}`, {
      hint: 'tokens are asked for over https only, or on this machine',
      details: { registry },
    })
  let url: URL
  try {
    url = new URL(challenge.parameters['realm'] ?? '')
  } catch {
    throw refuse('it names no token service')
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    throw refuse(`its token service is ${url.protocol}//${url.host}`)
  // Credentials in a challenge are the server's idea, not the user's.
  url.username = ''
  url.password = ''
  url.hash = ''
  return url
}

/** distribution-spec's token and OAuth2 forms. Throws `registry-denied`, `registry-failed`, `registry-protocol`. */
export const requestToken = async (request: TokenRequest, send: TokenSender): Promise<TokenAnswer> => {
  const answer =
    request.credential?.kind === 'identity-token'
      ? await byRefreshToken(request, request.credential.token, send)
      : await byGet(request, send)
  const status = answer.statusCode ?? 0
  const body = await readSmallBody(answer, 1 << 20)
  if (status !== 200) throw refusal(request.service, status, answer)
  const found = parseAnswer(body)
  if (found === undefined)
    throw new RegistryError(
      'registry-protocol',
      `ask ${request.service.host} for a token: there is none in its answer`,
    )
  return found
}

const byGet = ({ service, audience, scopes, credential, offline }: TokenRequest, send: TokenSender) => {
  const url = new URL(service)
  if (audience !== undefined) url.searchParams.set('service', audience)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  if (offline) {
    url.searchParams.set('offline_token', 'true')
    url.searchParams.set('client_id', clientId)
  }
  if (credential?.kind !== 'password') return send(url, { method: 'GET', headers: {} })
  url.searchParams.set('account', credential.username)
  return send(url, { method: 'GET', headers: { Authorization: basicHeader(credential) } })
}

const byRefreshToken = ({ service, audience, scopes }: TokenRequest, token: string, send: TokenSender) => {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: token,
    client_id: clientId,
    ...(audience === undefined ? {} : { service: audience }),
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
  })
  const body = Buffer.from(form.toString())
  return send(service, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': String(body.length),
    },
    body,
  })
}

/** RFC 7617 */
export const basicHeader = ({
  username,
  password,
}: {
  readonly username: string
  readonly password: string
}): string => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

const parseAnswer = (body: Buffer): TokenAnswer | undefined => {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    const { token, access_token, refresh_token, expires_in } = value as Readonly<Record<string, unknown>>
    const found = [token, access_token].find((text) => typeof text === 'string' && isSendable(text))
    if (typeof found !== 'string') return undefined
    // Without a word it is a minute.
    const seconds = typeof expires_in === 'number' && expires_in > 0 ? Math.min(expires_in, 86_400) : 60
    return {
      token: found,
      lifetime: seconds * 1000,
      ...(typeof refresh_token === 'string' && refresh_token !== '' ? { refreshToken: refresh_token } : {}),
    }
  } catch {
    return undefined
  }
}

/** A header's value in one line (RFC 6750, 2.1, and what is used besides). */
const isSendable = (text: string): boolean => /^[\x21-\x7e]+$/.test(text)

const refusal = (service: URL, status: number, { headers }: IncomingMessage): RegistryError => {
  const message = `ask ${service.host} for a token: it answered ${status}`
  const details = { status, host: service.host, retryAfter: headers['retry-after'] }
  if (status === 400 || status === 401 || status === 403)
    return new RegistryError('registry-denied', message, {
      hint: 'check the user name and the password, or log in again with `tsbuild login`',
      details,
    })
  return new RegistryError(status === 429 ? 'registry-throttled' : 'registry-failed', message, { details })
}
