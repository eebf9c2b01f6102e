import type { HostPath } from '../../../foundation/oci/index.ts'
import { RegistryError } from '../errors.ts'

/** What cannot be read is not passed over: it may say that a host is to be trusted differently. */
export const badHostsFile = (path: HostPath, why: string, cause?: unknown): RegistryError =>
  new RegistryError('bad-hosts-file', `read ${path}: ${why}`, {
    hint: 'docs/registries.md tells what such files may say',
    ...(cause === undefined ? {} : { cause }),
  })
