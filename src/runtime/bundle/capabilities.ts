import { AppError, exitCode, suggest } from '../../foundation/errors/index.ts'

/** Every capability of linux/capability.h, in the kernel's order: the position is the bit. */
export const allCapabilities: readonly string[] =
  `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
  NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
  SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
  MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`
    .split(/\s+/)
    .map((name) => `CAP_${name}`)

/** What a container and a RUN step keep: docker's fourteen. */
export const defaultCapabilities: readonly string[] =
  `CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL
  AUDIT_WRITE`
    .split(/\s+/)
    .map((name) => `CAP_${name}`)

export interface CapabilityChoice {
  /** Names with or without `CAP_`, any case, or ALL. */
  readonly add?: readonly string[]
  readonly drop?: readonly string[]
  readonly privileged?: boolean
  /** What this process may hand on; all that Linux has when absent. */
  readonly available?: readonly string[]
}

/**
 * Docker's rules: ALL added means everything but what is dropped; ALL dropped means only what is added; else what is
 * dropped goes first, then what is added comes. Throws `unknown-capability` and `capability-not-available`.
 */
export const chooseCapabilities = (choice: CapabilityChoice): readonly string[] => {
  const available = choice.available ?? allCapabilities
  const everything = allCapabilities.filter((name) => available.includes(name))
  if (choice.privileged) return everything
  const add = new Set((choice.add ?? []).map(parseCapability))
  const drop = new Set((choice.drop ?? []).map(parseCapability))
  for (const name of add) if (name !== all && !available.includes(name)) throw notAvailable(name)
  if (add.has(all)) return everything.filter((name) => !drop.has(name))
  if (drop.has(all)) return [...add]
  const kept = defaultCapabilities.filter((name) => available.includes(name) && !drop.has(name))
  return [...new Set([...kept, ...add])]
}

/** Names of the bits of a mask as /proc/PID/status shows it (`CapEff`), without 0x. */
export const capabilitiesInMask = (hex: string): readonly string[] => {
  const mask = BigInt(`0x${hex}`)
  return allCapabilities.filter((_, bit) => (mask >> BigInt(bit)) & 1n)
}

const all = 'ALL'

const parseCapability = (text: string): string => {
  const upper = text.toUpperCase()
  if (upper === all) return all
  const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`
  if (allCapabilities.includes(name)) return name
  const near = suggest(name, allCapabilities)
  throw new AppError('unknown-capability', `parse capability "${text}": there is none of this name`, {
    exitCode: exitCode.engine,
    hint: near ? `did you mean ${near.slice('CAP_'.length)}?` : 'capabilities(7) lists them; ALL means all',
  })
}

const notAvailable = (name: string): AppError =>
  new AppError('capability-not-available', `add capability ${name}: this process does not have it`, {
    exitCode: exitCode.engine,
    hint: 'run as root with that capability, or leave it out',
  })
