import type { HostsConfig } from '../types.ts'
import type { Wire } from '../wire/wire.ts'

/** What every operation works with. */
export interface Client {
  readonly wire: Wire
  readonly hosts: HostsConfig
  /** Milliseconds before the first retry. */
  readonly retryDelay: number
  /** Milliseconds that a registry may take to put together what was sent. */
  readonly pushTimeout: number
}
