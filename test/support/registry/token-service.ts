import type { IncomingMessage } from 'node:http'
import { startServer, type TestServer } from '../http-server.ts'
import type { Fault } from './fake-registry.ts'
import { readBody, sendJson } from './http-parts.ts'

export interface TokenService extends AsyncDisposable {
  readonly url: string
  readonly requests: TestServer['requests']
  /** Forms that were posted. */
  readonly forms: URLSearchParams[]
  /** A registry that wants tokens of this service: 401 with a challenge for everything else. */
  readonly guard: Fault
  /** Tokens that count; those given so far may be dropped. */
  readonly valid: Set<string>
}

export interface TokenServiceOptions {
  /** `user:password` that is asked for; absent: everybody gets a token. */
  readonly user?: string
  readonly refreshToken?: string
  /** Seconds. */
  readonly lifetime?: number
}

/** A token service as distribution-spec's registries name it in `WWW-Authenticate`. */
export const startTokenService = async (options: TokenServiceOptions = {}): Promise<TokenService> => {
  const valid = new Set<string>()
  const forms: URLSearchParams[] = []
  let count = 0
  const isKnown = async (request: IncomingMessage): Promise<boolean> => {
    if (request.method === 'POST') {
      const form = new URLSearchParams((await readBody(request)).toString())
      forms.push(form)
      return form.get('refresh_token') === options.refreshToken
    }
    const expected = `Basic ${Buffer.from(options.user ?? '').toString('base64')}`
    return options.user === undefined || request.headers.authorization === expected
  }
  const server = await startServer((request, response) => {
    void isKnown(request).then((known) => {
      if (!known) return sendJson(response, 401, { details: 'no' })
      const token = `token-number-${++count}`
      valid.add(token)
      sendJson(response, 200, {
        token,
        ...(options.lifetime === undefined ? {} : { expires_in: options.lifetime }),
        ...(options.refreshToken !== undefined && request.url?.includes('offline_token')
          ? { refresh_token: options.refreshToken }
          : {}),
      })
    })
  })
  return {
    url: `${server.url}/token`,
    requests: server.requests,
    forms,
    valid,
    guard: (request, response) => {
      if (valid.has((request.headers.authorization ?? '').replace(/^Bearer /, ''))) return false
      const repository = /^\/v2\/(.+)\/(manifests|blobs|tags)\//.exec(request.url ?? '')?.[1]
      const scope = repository === undefined ? '' : `,scope="repository:${repository}:pull"`
      response.setHeader(
        'WWW-Authenticate',
        `Bearer realm="${server.url}/token",service="test registry"${scope}`,
      )
      sendJson(response, 401, { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] })
      return true
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
