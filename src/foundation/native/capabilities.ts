import { AppError, exitCode, suggest } from '../errors/index.ts'

/** In the order of <linux/capability.h>: the index is the capability's number. */
const names: readonly string[] = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN ' +
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE ' +
  'MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
).split(' ')

/** Names (`CAP_CHOWN`) -> bit mask, decimal. Throws `unknown-capability`. */
export const capabilityMask = (list: readonly string[]): string => {
  let mask = 0n
  for (const name of list) {
    const number = names.indexOf(name.replace(/^CAP_/, ''))
    if (number < 0) {
      const near = suggest(
        name,
        names.map((known) => `CAP_${known}`),
      )
      throw new AppError('unknown-capability', `look up capability ${name}: there is none of this name`, {
        exitCode: exitCode.engine,
        ...(near === undefined ? {} : { hint: `Did you mean ${near}?` }),
      })
    }
    mask |= 1n << BigInt(number)
  }
  return mask.toString()
}
