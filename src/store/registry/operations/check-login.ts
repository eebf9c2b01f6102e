import { isLoopback } from '../../../foundation/http/index.ts'
import { parseChallenges } from '../auth/challenge.ts'
import { basicHeader, requestToken, type TokenSender, tokenServiceOf } from '../auth/token-service.ts'
import { RegistryError } from '../errors.ts'
import type { Credential, Endpoint, RequestOptions } from '../types.ts'
import { drain } from '../wire/read-body.ts'
import type { Client } from './client.ts'

export interface LoginRequest {
  readonly registry: string
  readonly credential: Credential
  readonly sender: (endpoint: Endpoint, options: RequestOptions) => TokenSender
}

/** `Registry.login`: what the registry says to the credential at `/v2/`. */
export const checkLogin = async (
  client: Client,
  { registry, credential, sender }: LoginRequest,
  options: RequestOptions,
): Promise<Credential> => {
  const doing = `log in to ${registry}`
  const endpoint = (await client.hosts.endpoints({ registry, repository: '' })).at(-1)
  if (endpoint === undefined)
    throw new RegistryError('registry-refused', `${doing}: no host is configured for it`)
  const ask = (authorization?: string) =>
    client.wire.call({
      endpoint,
      doing,
      to: '',
      scopes: [],
      ...(authorization === undefined ? {} : { authorization }),
      expect: authorization === undefined ? [200, 401] : [200],
      ...options,
    })
  const open = await ask()
  await drain(open.message)
  const { origin, protocol, hostname } = open.url
  // It asks nobody who they are: then nobody can be wrong.
  if (open.message.statusCode === 200) return credential
  if (protocol !== 'https:' && !isLoopback(hostname))
    throw new RegistryError('registry-refused', `${doing}: it is spoken to without TLS (${origin})`, {
      hint: 'give the registry a certificate',
    })
  const challenges = parseChallenges(open.message.headers['www-authenticate'] ?? '')
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer')
  if (bearer && credential.kind !== 'registry-token') {
    const audience = bearer.parameters['service']
    const answer = await requestToken(
      {
        service: tokenServiceOf(bearer, registry),
        scopes: [],
        credential,
        offline: true,
        ...(audience === undefined ? {} : { audience }),
      },
      sender(endpoint, options),
    )
    await drain((await ask(`Bearer ${answer.token}`)).message)
    return answer.refreshToken === undefined
      ? credential
      : { kind: 'identity-token', username: credential.username, token: answer.refreshToken }
  }
  if (credential.kind === 'identity-token')
    throw new RegistryError('registry-denied', `${doing}: it takes no identity tokens`)
  const header = credential.kind === 'password' ? basicHeader(credential) : `Bearer ${credential.token}`
  await drain((await ask(header)).message)
  return credential
}
