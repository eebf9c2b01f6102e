import { openRegistry } from '../../../src/store/registry/index.ts'
import type { Credential, Endpoint, HostTls, Registry } from '../../../src/store/registry/types.ts'

export interface RigOptions {
  readonly credential?: Credential
  readonly scheme?: Endpoint['scheme']
  readonly tls?: HostTls
  readonly env?: Readonly<Record<string, string>>
  readonly connections?: number
  /** Servers before the registry. */
  readonly mirrors?: readonly Partial<Endpoint>[]
  readonly headers?: Readonly<Record<string, string>>
}

/** A client whose configuration is in memory; it waits for nothing long. */
export const testRegistry = (options: RigOptions = {}): Registry => {
  const { credential, scheme = 'http', tls = {}, env = {}, connections, mirrors = [], headers = {} } = options
  return openRegistry({
    hosts: {
      endpoints: async ({ registry, repository }) => {
        const own: Endpoint = {
          registry,
          host: registry,
          scheme,
          path: '/v2',
          repository,
          capabilities: new Set(['resolve', 'pull', 'push'] as const),
          tls,
          headers,
        }
        return [...mirrors.map((mirror) => ({ ...own, ...mirror })), own]
      },
    },
    credentials: { find: async () => credential },
    userAgent: 'test/1',
    env,
    retryDelay: 1,
    idleTimeout: 2000,
    ...(connections === undefined ? {} : { connections }),
  })
}
