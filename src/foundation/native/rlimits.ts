import { AppError, exitCode } from '../errors/index.ts'

/** In the order of <asm-generic/resource.h>, which x86 and arm share: the index is the resource's number. */
const names =
  'CPU FSIZE DATA STACK CORE RSS NPROC NOFILE MEMLOCK AS LOCKS SIGPENDING MSGQUEUE NICE RTPRIO RTTIME'.split(
    ' ',
  )

/** `RLIMIT_NOFILE` -> 7. Throws `unknown-rlimit`. */
export const rlimitNumber = (type: string): number => {
  const number = names.indexOf(type.replace(/^RLIMIT_/, '').toUpperCase())
  if (number >= 0) return number
  throw new AppError('unknown-rlimit', `look up limit ${type}: there is none of this name`, {
    exitCode: exitCode.engine,
    hint: `Known are: ${names.map((name) => name.toLowerCase()).join(', ')}.`,
  })
}

/** RLIM_INFINITY for -1 and for what is too large for a number of this language to be exact. */
export const rlimitValue = (value: number): string =>
  value < 0 || value >= 2 ** 63 ? '18446744073709551615' : String(Math.trunc(value))
