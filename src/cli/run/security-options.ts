import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { CreateOptions, SeccompChoice } from '../../engine/index.ts'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'
import { printableLine } from '../render/printable.ts'
import { usage } from './parse-verb.ts'

/** One --security-opt. Throws `usage`, `bad-seccomp-profile`. */
export const securityOption = (text: string, cli: CliContext): CreateOptions => {
  const [key = '', value] = text.split(/[=:](.*)/s, 2)
  if (key === 'no-new-privileges' && isTruth(value ?? 'true'))
    return { noNewPrivileges: /^(1|t|true)$/i.test(value ?? 'true') }
  if (key === 'seccomp' && value) return { seccomp: seccompChoice(value, cli) }
  if (key === 'systempaths' && value === 'unconfined') return { unmasked: true }
  // There is neither AppArmor nor SELinux confinement to turn off yet.
  if ((key === 'apparmor' || key === 'label') && /^(unconfined|disable)$/.test(value ?? '')) return {}
  if ((key === 'apparmor' || key === 'label') && value && !has(key)) {
    // Docker says nothing; but nobody should believe in a confinement that is not there.
    cli.stderr.write(
      `tsrun: warning: --security-opt ${printableLine(text)} is left out: this kernel has no ${modules[key].name}\n`,
    )
    return {}
  }
  if (key === 'writable-cgroups' && value !== undefined && isTruth(value))
    return { writableCgroups: !isFalse(value) }
  throw usage('run', `--security-opt ${JSON.stringify(text)}: not supported`, whyNot(key))
}

/** Where the kernel says that it has one. */
const modules = {
  apparmor: { name: 'AppArmor', path: '/sys/module/apparmor' },
  label: { name: 'SELinux', path: '/sys/fs/selinux/enforce' },
} as const

const has = (key: keyof typeof modules): boolean => existsSync(modules[key].path)

/** On a kernel with AppArmor or SELinux, what would not be done is not promised. */
const whyNot = (key: string): string => {
  if (key === 'apparmor')
    return 'profiles of AppArmor are not applied; leave it out, or say apparmor=unconfined'
  if (key === 'label') return 'labels of SELinux are not applied; leave it out, or say label=disable'
  return 'supported: no-new-privileges, seccomp=unconfined, seccomp=FILE, systempaths=unconfined, writable-cgroups=true'
}

/** As Go reads it. */
const isTruth = (text: string): boolean => /^([01tTfF]|true|True|TRUE|false|False|FALSE)$/.test(text)

const isFalse = (text: string): boolean => isTruth(text) && !/^(1|t|true)$/i.test(text)

const seccompChoice = (value: string, cli: CliContext): SeccompChoice => {
  if (value === 'unconfined') return { kind: 'unconfined' }
  if (value === 'builtin' || value === 'default') return { kind: 'default' }
  const path = resolve(cli.cwd, value)
  try {
    return { kind: 'profile', text: readFileSync(path, 'utf8') }
  } catch (error) {
    throw new AppError('bad-seccomp-profile', `read seccomp profile ${path}: ${errnoOf(error) ?? 'failed'}`, {
      exitCode: exitCode.engine,
      cause: error,
    })
  }
}
