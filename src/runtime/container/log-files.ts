import { closeSync, constants, fstatSync, openSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { stateFile } from './state-files.ts'

/**
 * The files of a log, the oldest first, while the monitor puts full ones aside (native/monitor_log_files.c): `log` becomes `log.1`,
 * that `log.2`, and so on. What is open stays readable under any name, and without one.
 */
export interface LogFiles extends Disposable {
  /** Of those that were there at the beginning. */
  descriptors(): readonly number[]
  /** Goes on to the next file; undefined when there is none yet. */
  next(): number | undefined
  /** Whether the current file is not written to any more. True before the first. */
  isComplete(): boolean
}

export const openLogFiles = (dir: HostPath): LogFiles => {
  const waiting = openAll(dir)
  let current: number | undefined
  const close = (): void => {
    if (current !== undefined) closeSync(current)
    current = undefined
  }
  return {
    descriptors: () => [...waiting],
    next() {
      const fd = waiting.shift() ?? openNewer(dir, current)
      if (fd === undefined) return undefined
      close()
      current = fd
      return fd
    },
    isComplete() {
      if (current === undefined || waiting.length > 0) return true
      const newest = statSync(join(dir, stateFile.log), { throwIfNoEntry: false })
      return newest !== undefined && newest.ino !== fstatSync(current).ino
    },
    [Symbol.dispose]() {
      close()
      for (const fd of waiting) closeSync(fd)
    },
  }
}

/** The newest is opened first: a file that moves on meanwhile is met again under its next name, and left out there. */
const openAll = (dir: HostPath): number[] => {
  const found = new Map<number, number>()
  for (const number of numbersIn(dir)) {
    const fd = openNumber(dir, number)
    if (fd === undefined) continue
    const { ino } = fstatSync(fd)
    if (found.has(ino)) closeSync(fd)
    else found.set(ino, fd)
  }
  return [...found.values()].toReversed()
}

/** The file behind `current`; when that has been removed, the oldest that is left. */
const openNewer = (dir: HostPath, current: number | undefined): number | undefined => {
  const ino = current === undefined ? undefined : fstatSync(current).ino
  const numbers = numbersIn(dir)
  const place = numbers.findIndex((number) => inodeOf(dir, number) === ino)
  const next = place < 0 ? numbers.at(-1) : numbers[place - 1]
  if (next === undefined) return undefined
  const fd = openNumber(dir, next)
  if (fd === undefined || fstatSync(fd).ino !== ino) return fd
  // It took the name of the next in this moment: the next look finds it.
  closeSync(fd)
  return undefined
}

/** 0 for `log`, 1 for `log.1` ...: the newest first. */
const numbersIn = (dir: HostPath): readonly number[] =>
  namesIn(dir)
    .flatMap((name) =>
      name === stateFile.log ? [0] : [Number(/^log\.(\d+)$/.exec(name)?.[1] ?? Number.NaN)],
    )
    .filter((number) => !Number.isNaN(number))
    .toSorted((a, b) => a - b)

const namesIn = (dir: HostPath): readonly string[] => {
  try {
    return readdirSync(dir)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

const nameOf = (number: number): string => (number === 0 ? stateFile.log : `${stateFile.log}.${number}`)

const inodeOf = (dir: HostPath, number: number): number | undefined =>
  statSync(join(dir, nameOf(number)), { throwIfNoEntry: false })?.ino

const openNumber = (dir: HostPath, number: number): number | undefined => {
  try {
    const fd = openSync(
      join(dir, nameOf(number)),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    )
    if (fstatSync(fd).isFile()) return fd
    // Damage: it has no lines.
    closeSync(fd)
    return undefined
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw error
  }
}
