import type { IncomingMessage } from 'node:http'
import type { BodyWriter } from '../../../foundation/http/index.ts'
import type { AuthorizationTarget, Authorizer } from '../auth/authorizer.ts'
import { RegistryError } from '../errors.ts'
import type { Endpoint, RequestOptions } from '../types.ts'
import type { Clients } from './clients.ts'
import { failureOf } from './failure.ts'
import { createGate } from './gate.ts'
import { drain } from './read-body.ts'
import { isRedirect, nextUrl } from './redirect.ts'
import { retryAfter } from './retries.ts'
import type { Secrets } from './secrets.ts'

export interface Call {
  readonly endpoint: Endpoint
  /** For messages: `pull example.com/app:v1`. */
  readonly doing: string
  /** GET by default. */
  readonly method?: string
  /** Below the repository (`/manifests/latest`), or a whole URL that the server gave. */
  readonly to: string | URL
  readonly scopes: readonly string[]
  /** Sent to the endpoint's own origin instead of what the stored credentials give. */
  readonly authorization?: string
  readonly headers?: Readonly<Record<string, string>>
  /** A writer is asked again when the request is sent again. */
  readonly body?: Uint8Array | BodyWriter
  /** Answers that are no errors. A redirect among them is not followed. */
  readonly expect: readonly number[]
  readonly signal?: AbortSignal
  /** Milliseconds, when it is not the client's. */
  readonly idleTimeout?: number
}

export interface Answer {
  readonly message: IncomingMessage
  /** Who gave it. */
  readonly url: URL
}

export interface WireOptions {
  readonly clients: Clients
  readonly authorizer: Authorizer
  readonly secrets: Secrets
  readonly userAgent: string
  /** How an endpoint is spoken to. */
  readonly originOf: (endpoint: Endpoint, signal: AbortSignal | undefined) => Promise<URL>
}

/** One call with all that belongs to it but retries: authorization, redirects, waiting where the server asked to. */
export interface Wire {
  /** Throws `RegistryError` for answers that are not expected, and system errors. */
  call(call: Call): Promise<Answer>
}

const maxRedirects = 10

export const createWire = (options: WireOptions): Wire => {
  const { clients, authorizer, secrets, userAgent, originOf } = options
  const gate = createGate()

  const send = async (
    call: Call,
    url: URL,
    own: Readonly<Record<string, string>>,
  ): Promise<IncomingMessage> => {
    const { endpoint, method = 'GET', body, signal, idleTimeout } = call
    return clients.clientFor(endpoint, url).send(url, {
      method,
      headers: { 'User-Agent': userAgent, ...call.headers, ...own },
      ...(body === undefined ? {} : { body }),
      ...(signal ? { signal } : {}),
      ...(idleTimeout === undefined ? {} : { idleTimeout }),
    })
  }

  /** Follows what leads elsewhere; only the endpoint's own origin is shown credentials and configured headers. */
  const follow = async (call: Call, start: URL, { origin }: URL, authorization?: string): Promise<Answer> => {
    const own = {
      ...call.endpoint.headers,
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    }
    let url = start
    for (let count = 0; ; count++) {
      const message = await send(call, url, url.origin === origin ? own : {})
      const status = message.statusCode ?? 0
      if (!isRedirect(status) || call.expect.includes(status)) return { message, url }
      await drain(message)
      url = nextUrl(url, message.headers.location, call.doing)
      if (count === maxRedirects) throw refusal(call, `it redirects more than ${maxRedirects} times`)
      if (isSending(call) && url.origin !== origin) throw refusal(call, `it redirects to ${url.host}`)
    }
  }

  /** What to send after an answer that wants something else; undefined when that is no way on. */
  const nextAuthorization = async (
    { message, url }: Answer,
    target: AuthorizationTarget,
    sent: string | undefined,
    call: Call,
  ) => {
    const challenge = message.headers['www-authenticate']
    // Who is not the registry is not logged in to.
    if (message.statusCode !== 401 || challenge === undefined || url.origin !== target.origin.origin)
      return undefined
    const next = await authorizer.answerTo(target, challenge, sent, signalOf(call))
    if (next !== undefined) await drain(message)
    return next
  }

  const fail = async (call: Call, { message, url }: Answer): Promise<never> => {
    const failure = await failureOf(message, {
      doing: call.doing,
      host: url.host,
      registry: call.endpoint.registry,
      redact: secrets.redact,
      hadCredential: call.authorization !== undefined || authorizer.hasCredential(call.endpoint),
    })
    const wait = retryAfter(failure)
    if (wait !== undefined) gate.close(url.origin, wait)
    throw failure
  }

  return {
    async call(call) {
      const { endpoint, signal, scopes } = call
      const origin = await originOf(endpoint, signal)
      const url = call.to instanceof URL ? call.to : urlOf(origin, endpoint, call.to)
      const target = { endpoint, origin, scopes }
      // A server that sends the client away does not learn what the registry gets.
      let authorization =
        call.authorization ??
        (url.origin === origin.origin ? await authorizer.headerFor(target, signalOf(call)) : undefined)
      for (let turn = 0; ; turn++) {
        await gate.pass(url.origin, signal)
        const answer = await follow(call, url, origin, authorization)
        if (call.expect.includes(answer.message.statusCode ?? 0)) return answer
        const next =
          call.authorization === undefined && turn < 2
            ? await nextAuthorization(answer, target, authorization, call)
            : undefined
        if (next === undefined) return fail(call, answer)
        authorization = next
      }
    },
  }
}

const signalOf = ({ signal }: Call): RequestOptions => (signal ? { signal } : {})

const isSending = ({ method = 'GET' }: Call): boolean => method !== 'GET' && method !== 'HEAD'

/** distribution-spec: `/v2/<name>/...`; mirrors are told which registry they stand for, as containerd does. */
const urlOf = (origin: URL, { path, repository, mirrorOf }: Endpoint, to: string): URL => {
  const url = new URL(`${path}/${repository}${to}`, origin)
  if (mirrorOf !== undefined) url.searchParams.append('ns', mirrorOf)
  return url
}

const refusal = ({ doing, endpoint }: Call, why: string): RegistryError =>
  new RegistryError('registry-refused', `${doing}: ${endpoint.registry}: ${why}`)
