import { existsSync, realpathSync } from 'node:fs'
import type { HostPath } from '../../foundation/oci/index.ts'

/**
 * Whether `path` is, through symlinks, a file that lies below none of `directories`. A Dockerfile or an ignore file may be
 * as foreign as the rest of a context: were such a link followed, messages would show lines of any file of the host.
 * Throws the system's error when there is nothing at `path`.
 */
export const leadsOutside = (path: HostPath, directories: readonly HostPath[]): boolean => {
  const real = realpathSync(path)
  return !directories
    .filter((directory) => existsSync(directory))
    .some((directory) => real.startsWith(`${realpathSync(directory).replace(/\/$/, '')}/`))
}
