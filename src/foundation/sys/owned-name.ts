import { bootId, identify, isAlive } from './process-identity.ts'
import { randomHex } from './random.ts'

const grammar = /^([0-9]+)-([0-9]+)-([0-9a-f]{8})-[0-9a-f]{16}$/

/** 32 hex digits, random. */
export const randomName = (): string => randomHex(16)

/** The first digits of the boot id are enough to tell the boots of one machine apart. */
const shortBoot = (): string => bootId().replaceAll('-', '').slice(0, 8)

let self: string | undefined

/**
 * A fresh name for a file or directory of work in progress that says which process it belongs to:
 * `PID-STARTTIME-BOOT-RANDOM`. Making it and claiming it are one system call, so there is no moment
 * in which it exists and nobody owns it.
 */
export const ownedName = (): string => {
  self ??= `${process.pid}-${identify()?.startTime ?? 0}-${shortBoot()}`
  return `${self}-${randomHex(8)}`
}

/** Is this a name of `ownedName`, made by this process? */
export const isOwn = (name: string): boolean => self !== undefined && name.startsWith(`${self}-`)

/** Is this a name of `ownedName`, made by a process that is gone? False for names of other kinds. */
export const isAbandoned = (name: string): boolean => {
  const [, pid, startTime, boot] = grammar.exec(name) ?? []
  if (boot === undefined) return false
  return (
    boot !== shortBoot() ||
    !isAlive({
      pid: Number(pid),
      startTime: Number(startTime),
      bootId: bootId(),
    })
  )
}
