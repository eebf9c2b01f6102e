import { InternalError } from '../../foundation/errors/index.ts'
import type { CredentialStore, HostsConfig, Registry } from './types.ts'

export interface RegistryOptions {
  readonly hosts: HostsConfig
  readonly credentials: CredentialStore
  /** `tsbuild/1.2.3` */
  readonly userAgent: string
  /** For proxies and certificate authorities. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Connections to one host at a time, default 8. */
  readonly connections?: number
  /** Milliseconds before the first retry, doubled each time; 500 by default. */
  readonly retryDelay?: number
  /** Milliseconds without a byte after which a server counts as gone; 60,000 by default. */
  readonly idleTimeout?: number
}

/** A client for one command. Opens nothing before it is asked. */
export const openRegistry = (_options: RegistryOptions): Registry => {
  throw new InternalError('open registry: not there yet')
}
