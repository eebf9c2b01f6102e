import { AppError, exitCode, suggest } from '../../foundation/errors/index.ts'
import type { RuntimeProcess } from '../../foundation/oci/index.ts'

type Rlimits = RuntimeProcess['rlimits']

const names =
  `core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack as`
    .split(' ')
    .map((name) => `RLIMIT_${name.toUpperCase()}`)

/**
 * Limits by docker's names (`nofile`) or the kernel's (`RLIMIT_NOFILE`); the last of a name wins; -1 is unlimited.
 * Throws `unknown-rlimit` and `invalid-rlimit`.
 */
export const chooseRlimits = (asked: Rlimits = []): Rlimits => {
  const chosen = new Map<string, Rlimits[number]>()
  for (const { type, soft, hard } of asked) {
    const name = parseName(type)
    const ordered = hard === -1 || (soft !== -1 && soft <= hard)
    if (!isLimit(soft) || !isLimit(hard) || !ordered)
      throw new AppError(
        'invalid-rlimit',
        `set limit ${type}: soft ${soft} and hard ${hard}, expected numbers with soft at most hard`,
        { exitCode: exitCode.engine },
      )
    chosen.set(name, { type: name, soft, hard })
  }
  return [...chosen.values()]
}

const isLimit = (value: number): boolean => Number.isInteger(value) && value >= -1

const parseName = (type: string): string => {
  const upper = type.toUpperCase()
  const name = upper.startsWith('RLIMIT_') ? upper : `RLIMIT_${upper}`
  if (names.includes(name)) return name
  const near = suggest(name, names)
  throw new AppError('unknown-rlimit', `set limit ${type}: there is none of this name`, {
    exitCode: exitCode.engine,
    hint: near ? `did you mean ${near.slice('RLIMIT_'.length).toLowerCase()}?` : 'getrlimit(2) lists them',
  })
}
