import { InternalError } from '../../../foundation/errors/index.ts'
import type { HostsConfig } from '../types.ts'

export interface HostsOptions {
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What the machine's configuration says; read when it is first asked. */
export const openHosts = (_options: HostsOptions): HostsConfig => {
  throw new InternalError('open hosts: not there yet')
}
