import { invalidProfile } from './invalid-profile.ts'

const eperm = 1
const enosys = 38
const maxErrno = 4095

/** SECCOMP_RET_* of linux/seccomp.h by the profile's names; the first three carry 16 bits of their own. */
const returns: Readonly<Record<string, number>> = {
  SCMP_ACT_ERRNO: 0x0005_0000,
  SCMP_ACT_TRACE: 0x7ff0_0000,
  SCMP_ACT_TRAP: 0x0003_0000,
  SCMP_ACT_ALLOW: 0x7fff_0000,
  SCMP_ACT_LOG: 0x7ffc_0000,
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x8000_0000,
}

/** What the kernel does with a call of an architecture that the profile does not name. */
export const killThread = 0
export const noSuchCall = 0x0005_0000 | enosys

/** The value that a program returns for an action. An errno of 0 to 4095, by default EPERM. */
export const returnValueOf = (action: string, errnoRet = eperm): number => {
  const value = returns[action]
  if (value === undefined)
    throw invalidProfile(`action ${action}, expected one of ${Object.keys(returns).join(', ')}`)
  if (!Number.isInteger(errnoRet) || errnoRet < 0 || errnoRet > maxErrno)
    throw invalidProfile(`errnoRet ${errnoRet}, expected 0 to ${maxErrno}`)
  return action === 'SCMP_ACT_ERRNO' || action === 'SCMP_ACT_TRACE' ? value + errnoRet : value
}

/** Whether calls that the profile's author cannot have known are refused with ENOSYS, so that programs fall back. */
export const refuses = (action: string): boolean =>
  !['SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_TRACE'].includes(action)
