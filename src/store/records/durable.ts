import { chmodSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite, syncDirectory } from '../../foundation/sys/index.ts'

/**
 * Mode of a record that is on the disk under its name. Nobody has to wait for the disk again to be sure of it; after a power
 * cut that lost only the mode, it is written once more.
 */
const settledMode = 0o400

/** Does the file hold this text, and did a writer see it arrive on the disk? */
export const isOnDisk = (path: HostPath, text: string): boolean => {
  try {
    return isSettled(path) && readFileSync(path, 'utf8') === text
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false
    throw error
  }
}

export const isSettled = (path: HostPath): boolean =>
  ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o777) === settledMode

/**
 * Replaces the file and waits for the disk twice: for the bytes before they get the name, so that a power cut never trades a
 * record for an empty file, and for the name.
 */
export const writeDurable = (path: HostPath, text: string): void => {
  atomicWrite(path, text, { sync: true })
  syncDirectory(dirname(path))
  settle(path)
}

export const settle = (path: HostPath): void => {
  try {
    chmodSync(path, settledMode)
  } catch (error) {
    // Removed, or replaced and removed, by somebody else in the meantime.
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}
