import { AppError } from '../../foundation/errors/index.ts'
import type { SecretMount } from '../graph/index.ts'
import type { SecretSource } from './types.ts'

/** What a secret is for one step. */
export interface StepSecret {
  readonly mount: SecretMount
  readonly value: Uint8Array
}

/** Those that the caller gave. Throws `missing-secret` for a required one, and what reading them throws. */
export const readSecrets = (mounts: readonly SecretMount[], source: SecretSource): readonly StepSecret[] =>
  mounts.flatMap((mount) => {
    const value = source(mount.id)
    if (value !== undefined) return [{ mount, value }]
    if (mount.required) throw missing(mount.id)
    return []
  })

/** Variables of the step. One whose secret is not there is empty, as under docker. */
export const secretVariables = (
  mounts: readonly SecretMount[],
  secrets: readonly StepSecret[],
): readonly string[] =>
  mounts.flatMap((mount) => {
    if (mount.env === undefined) return []
    const secret = secrets.find((found) => found.mount === mount)
    return [`${mount.env}=${secret ? textOf(secret) : ''}`]
  })

const textOf = ({ mount, value }: StepSecret): string => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
    if (!text.includes('\0')) return text
  } catch {
    // Not text: said below, without a word of what it holds.
  }
  throw new AppError(
    'binary-secret',
    `give secret ${mount.id} as variable ${mount.env}: expected UTF-8 text without NUL characters`,
    {
      hint: 'mount it as a file: leave env= out of the mount',
    },
  )
}

const missing = (id: string): AppError =>
  new AppError(
    'missing-secret',
    `mount secret ${id}: it is required, and the build was given none of this id`,
    {
      hint: `give it with --secret id=${id},src=FILE or --secret id=${id},env=VARIABLE`,
    },
  )
