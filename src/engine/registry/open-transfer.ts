import { openCredentials, openHosts, openRegistry } from '../../store/registry/index.ts'
import type { Transfer, TransferEvent } from '../../store/transfer/index.ts'
import type { Store } from '../store.ts'

/** What a transfer needs from outside. */
export interface TransferContext {
  /** Proxies, certificates, and where credentials and the configuration of hosts lie. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly events: (event: TransferEvent) => void
  readonly signal?: AbortSignal | undefined
}

/** A registry client for one command, as the machine is configured. */
export const openTransfer = (
  store: Store,
  { env, events, signal }: TransferContext,
): Transfer & Disposable => {
  const registry = openRegistry({
    hosts: openHosts({ env }),
    credentials: openCredentials({ env }),
    userAgent: 'tsbuild',
    env,
  })
  return {
    store,
    registry,
    events,
    ...(signal ? { signal } : {}),
    [Symbol.dispose]: () => registry[Symbol.dispose](),
  }
}
