import { InternalError } from '../../../foundation/errors/index.ts'
import type { CredentialStore } from '../types.ts'

export interface CredentialsOptions {
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The credentials of docker and podman; read when they are first asked for. */
export const openCredentials = (_options: CredentialsOptions): CredentialStore => {
  throw new InternalError('open credentials: not there yet')
}
