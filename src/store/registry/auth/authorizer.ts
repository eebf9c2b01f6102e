import { isLoopback } from '../../../foundation/http/index.ts'
import { RegistryError } from '../errors.ts'
import type { Credential, Endpoint, RequestOptions } from '../types.ts'
import type { Secrets } from '../wire/secrets.ts'
import { type Challenge, parseChallenges } from './challenge.ts'
import { basicHeader, requestToken, type TokenSender, tokenServiceOf } from './token-service.ts'

/** What a request is for. */
export interface AuthorizationTarget {
  readonly endpoint: Endpoint
  /** Scheme and host that are asked. */
  readonly origin: URL
  /** `repository:NAME:pull`, ... */
  readonly scopes: readonly string[]
}

/** The header Authorization of every request of one client. Tokens are kept by scope until shortly before they lapse. */
export interface Authorizer {
  /** By what the host is known to want; undefined when nothing is known, or it wants nothing. */
  headerFor(target: AuthorizationTarget, options: RequestOptions): Promise<string | undefined>
  /**
   * After a 401: what to send instead of `sent`. Undefined when there is nothing else to send. Throws what token services answer.
   */
  answerTo(
    target: AuthorizationTarget,
    challenge: string,
    sent: string | undefined,
    options: RequestOptions,
  ): Promise<string | undefined>
  /** Whether there are credentials for it, as far as they were looked up. */
  hasCredential(endpoint: Endpoint): boolean
}

export interface AuthorizerOptions {
  readonly find: (
    registry: string,
    repository: string,
    options: RequestOptions,
  ) => Promise<Credential | undefined>
  /** Sends to token services in a way that suits the endpoint's network. */
  readonly sender: (endpoint: Endpoint, options: RequestOptions) => TokenSender
  readonly secrets: Secrets
}

interface KeptToken {
  readonly header: Promise<string>
  /** Milliseconds since the epoch; 0 until it has come. */
  lapses: number
}

export const createAuthorizer = ({ find, sender, secrets }: AuthorizerOptions): Authorizer => {
  /** By origin. */
  const wanted = new Map<string, Challenge>()
  const tokens = new Map<string, KeptToken>()
  const credentials = new Map<string, Promise<Credential | undefined>>()
  const known = new Set<string>()

  const credentialFor = ({ endpoint, origin }: AuthorizationTarget, options: RequestOptions) => {
    // Secrets go over TLS, or stay on this machine.
    if (origin.protocol !== 'https:' && !isLoopback(origin.hostname)) return undefined
    const key = `${endpoint.registry}/${endpoint.repository}`
    const asked = credentials.get(key) ?? find(endpoint.registry, endpoint.repository, options)
    credentials.set(key, asked)
    return asked.then(
      (credential) => {
        if (credential) {
          known.add(endpoint.registry)
          secrets.addCredential(credential)
        }
        return credential
      },
      (error: unknown) => {
        credentials.delete(key)
        throw error
      },
    )
  }

  const bearer = async (
    target: AuthorizationTarget,
    challenge: Challenge,
    refused: string | undefined,
    options: RequestOptions,
  ): Promise<string> => {
    const credential = await credentialFor(target, options)
    if (credential?.kind === 'registry-token') return `Bearer ${credential.token}`
    const service = tokenServiceOf(challenge, target.endpoint.registry)
    const scopes = [...new Set(target.scopes)].sort()
    const id = JSON.stringify([
      target.endpoint.registry,
      target.endpoint.repository,
      service.href,
      challenge.parameters['service'],
      scopes,
    ])
    const kept = tokens.get(id)
    if (kept && (kept.lapses === 0 || kept.lapses > Date.now())) {
      const header = await kept.header
      if (header !== refused) return header
    }
    const audience = challenge.parameters['service']
    const asked = requestToken(
      {
        service,
        scopes,
        ...(audience === undefined ? {} : { audience }),
        ...(credential ? { credential } : {}),
      },
      sender(target.endpoint, options),
    )
    const entry: KeptToken = {
      lapses: 0,
      header: asked.then(({ token, lifetime }) => {
        secrets.add(token)
        entry.lapses = Date.now() + lifetime * 0.9
        return `Bearer ${token}`
      }),
    }
    tokens.set(id, entry)
    try {
      return await entry.header
    } catch (error) {
      tokens.delete(id)
      throw error
    }
  }

  const headerBy = async (
    target: AuthorizationTarget,
    challenge: Challenge,
    refused: string | undefined,
    options: RequestOptions,
  ): Promise<string | undefined> => {
    if (challenge.scheme === 'bearer') return bearer(target, challenge, refused, options)
    const credential = await credentialFor(target, options)
    if (credential?.kind === 'registry-token') return `Bearer ${credential.token}`
    return credential?.kind === 'password' ? basicHeader(credential) : undefined
  }

  return {
    async headerFor(target, options) {
      const challenge = wanted.get(target.origin.origin)
      return challenge && headerBy(target, challenge, undefined, options)
    },
    async answerTo(target, text, sent, options) {
      const challenges = parseChallenges(text)
      const challenge =
        challenges.find(({ scheme }) => scheme === 'bearer') ??
        challenges.find(({ scheme }) => scheme === 'basic')
      if (challenge === undefined) return undefined
      if (
        challenge.scheme === 'basic' &&
        target.origin.protocol !== 'https:' &&
        !isLoopback(target.origin.hostname)
      )
        throw new RegistryError(
          'registry-refused',
          `log in to ${target.endpoint.registry}: it is spoken to without TLS, and wants a password`,
          { hint: 'give the registry a certificate' },
        )
      wanted.set(target.origin.origin, challenge)
      const scopes = [...target.scopes, ...askedScopes(challenge, target)]
      const header = await headerBy(
        sent === undefined ? target : { ...target, scopes },
        challenge,
        sent,
        options,
      )
      return header === sent ? undefined : header
    },
    hasCredential: ({ registry }) => known.has(registry),
  }
}

/** What the server says that a token must cover, as far as it concerns the repository that is asked for. */
const askedScopes = ({ parameters }: Challenge, { endpoint }: AuthorizationTarget): readonly string[] =>
  (parameters['scope'] ?? '')
    .split(' ')
    .filter((scope) => scope.startsWith(`repository:${endpoint.repository}:`))
