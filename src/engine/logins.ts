import { AppError, exitCode } from '../foundation/errors/index.ts'
import { parseReference } from '../foundation/oci/index.ts'
import {
  type Credential,
  type CredentialPlace,
  type CredentialStore,
  openCredentials,
  openHosts,
  openRegistry,
  type Registry,
} from '../store/registry/index.ts'

export type { Credential, CredentialPlace }

export interface LoginContext {
  /** Where credentials and the configuration of hosts lie; proxies. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly userAgent: string
  readonly signal?: AbortSignal
}

/** Credentials of registries: known, tried, kept and forgotten. */
export interface Logins extends Disposable {
  /** What is kept for a registry. */
  known(registry: string): Promise<Credential | undefined>
  /** Asks the registry, and keeps what it takes. Undefined when that is what was kept already. Throws `RegistryError`. */
  logIn(registry: string, credential: Credential): Promise<CredentialPlace | undefined>
  logOut(registry: string): Promise<CredentialPlace | undefined>
}

export const openLogins = (context: LoginContext): Logins => {
  const credentials = openCredentials({ env: context.env })
  const registry = clientFor(context, credentials)
  const options = context.signal ? { signal: context.signal } : {}
  return {
    known: (host) => credentials.find(host, undefined, options),
    async logIn(host, credential) {
      const kept = await registry.login(host, credential, options)
      const before = await credentials.find(host, undefined, options)
      if (JSON.stringify(before) === JSON.stringify(kept)) return undefined
      return credentials.save(host, kept, options)
    },
    logOut: (host) => credentials.erase(host, options),
    [Symbol.dispose]: () => registry[Symbol.dispose](),
  }
}

/** The tags of a repository, sorted as its registry has them. Throws `bad-reference`, `RegistryError`. */
export const remoteTags = async (
  name: string,
  limit: number | undefined,
  context: LoginContext,
): Promise<readonly string[]> => {
  const reference = parseReference(name)
  if (reference.digest !== undefined || (reference.tag !== undefined && /:[^/:]+$/.test(name)))
    throw new AppError(
      'bad-reference',
      `list the tags of ${JSON.stringify(name)}: expected a name without tag and digest`,
      {
        exitCode: exitCode.usage,
      },
    )
  using registry = clientFor(context, openCredentials({ env: context.env }))
  return await registry.tags(
    { registry: reference.registry, repository: reference.repository },
    {
      ...(limit === undefined ? {} : { limit }),
      ...(context.signal ? { signal: context.signal } : {}),
    },
  )
}

const clientFor = ({ env, userAgent }: LoginContext, credentials: CredentialStore): Registry =>
  openRegistry({ hosts: openHosts({ env }), credentials, userAgent, env })

/** The host that a word names: docker's own when there is none; schemes and paths are dropped, as docker does. Throws `bad-registry`. */
export const registryHost = (word: string | undefined): string => {
  if (word === undefined || word === '') return 'docker.io'
  const host =
    word
      .replace(/^https?:\/\//i, '')
      .split('/')[0]
      ?.toLowerCase() ?? ''
  if (host === 'index.docker.io' || host === 'registry-1.docker.io') return 'docker.io'
  try {
    // The grammar of names is that of hosts, where a dot or a port tells it from a repository.
    const named = host.includes('.') || host.includes(':') ? host : `${host}:443`
    if (host !== 'localhost' && parseReference(`${named}/x`).registry !== named)
      throw new Error('another host')
    return host
  } catch {
    throw new AppError('bad-registry', `use the registry ${JSON.stringify(word)}: expected HOST[:PORT]`, {
      exitCode: exitCode.usage,
    })
  }
}
