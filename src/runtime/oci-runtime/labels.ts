import { existsSync, readFileSync } from 'node:fs'
import { unsupported } from './errors.ts'
import type { Fields } from './fields.ts'

/**
 * Profiles of security modules are taken where the host does not enforce them, since there they mean nothing. Throws
 * `unsupported` where it does: a container that runs unconfined against the bundle's wish would be worse than none.
 */
export const checkLabels = (process: Fields): void => {
  const profile = process.text('apparmorProfile')
  if (profile && profile !== 'unconfined' && isAppArmorOn()) throw unsupported(`apparmorProfile ${profile}`)
  const label = process.text('selinuxLabel')
  if (label && existsSync('/sys/fs/selinux/enforce')) throw unsupported(`selinuxLabel ${label}`)
}

const isAppArmorOn = (): boolean => {
  try {
    return readFileSync('/sys/module/apparmor/parameters/enabled', 'latin1').startsWith('Y')
  } catch {
    return false
  }
}
