import { RegistryError } from '../errors.ts'
import type { Capability, Endpoint, HostsConfig, Repository } from '../types.ts'
import { readableFailure } from './failure.ts'
import { type RetryOptions, withRetries } from './retries.ts'

export interface Attempt {
  readonly hosts: HostsConfig
  readonly name: Repository
  readonly capability: Capability
  readonly doing: string
  readonly retry: RetryOptions
  /** Whether the last failure was not of a server but of what is done with its answer: it is thrown as it is. */
  readonly isOurs?: () => boolean
}

/**
 * Does `work` with the first server that can, each with its retries. The failure of the last one, the registry itself as a rule, is thrown;
 * what is no failure of a server ends it at once.
 */
export const overEndpoints = async <T>(
  attempt: Attempt,
  work: (endpoint: Endpoint) => Promise<T>,
): Promise<T> => {
  const { hosts, name, capability, doing, retry } = attempt
  const all = await hosts.endpoints(name)
  const able = all.filter(({ capabilities }) => capabilities.has(capability))
  // What is pushed lies in one place.
  const tried = capability === 'push' ? able.slice(0, 1) : able
  let last: unknown = new RegistryError(
    'registry-refused',
    `${doing}: no configured host of ${name.registry} may be used to ${capability}`,
    { hint: 'see `capabilities` in its hosts.toml' },
  )
  for (const endpoint of tried) {
    try {
      return await withRetries(retry, () => work(endpoint))
    } catch (error) {
      retry.signal?.throwIfAborted()
      if (attempt.isOurs?.()) throw error
      last = readableFailure(error, doing, endpoint.host)
      if (!(last instanceof RegistryError)) throw last
    }
  }
  throw last
}
