import type { HostPath } from '../../foundation/oci/index.ts'

/** What fetching needs to know of the world. */
export interface RemoteEnvironment {
  /** Existing directory on the store's file system for what is on its way in; names in it are `ownedName`s, so that leftovers are swept. */
  readonly stage: HostPath
  /** Directory of the shared repositories, made when the first one is fetched. */
  readonly repositories: HostPath
  /** Proxies, certificates, PATH. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Value of a secret that the caller gave, undefined when there is none of that name. */
  readonly secret: (id: string) => Uint8Array | undefined
  /** How to log in with ssh; absent: with nothing. */
  readonly ssh?: SshIdentity
  /** Milliseconds before the first retry, doubled each time; 500 by default. */
  readonly retryDelay?: number
  /** Milliseconds without a byte after which a server counts as gone; 60,000 by default. */
  readonly idleTimeout?: number
}

export type SshIdentity =
  | { readonly kind: 'agent'; readonly socket: HostPath }
  | { readonly kind: 'keys'; readonly paths: readonly HostPath[] }

/** `done` of `total` bytes have come. */
export type FetchProgress = (done: number, total: number | undefined) => void

export interface FetchOptions {
  readonly signal: AbortSignal
  readonly onProgress?: FetchProgress
}
