import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { CreateOptions, SeccompChoice } from '../../engine/index.ts'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import type { CliContext } from '../context.ts'
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
  throw usage(
    'run',
    `--security-opt ${JSON.stringify(text)}: not supported`,
    'supported: no-new-privileges, seccomp=unconfined, seccomp=FILE, systempaths=unconfined',
  )
}

/** As Go reads it. */
const isTruth = (text: string): boolean => /^([01tTfF]|true|True|TRUE|false|False|FALSE)$/.test(text)

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
