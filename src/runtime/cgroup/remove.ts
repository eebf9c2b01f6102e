import { readdirSync, rmdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { defaultParent } from './parent.ts'

/** How long a dying process may keep its cgroup busy, in milliseconds. */
const patience = 500

/**
 * Removes cgroup directories and those that the container made below. Absent ones are success. Returns those that
 * still have processes in them; `sweepCgroups` gets them later.
 */
export const removeCgroup = (directories: readonly HostPath[]): readonly HostPath[] => {
  const deadline = Date.now() + patience
  const busy = directories.filter((directory) => !removeTree(directory, deadline))
  for (const directory of directories) removeParents(directory)
  return busy
}

/** Those that --cgroup-parent made go when they are empty; the default one stays. */
const removeParents = (directory: HostPath): void => {
  for (let path = dirname(directory); basename(path) !== defaultParent && tryOnce(path); )
    path = dirname(path)
}

const removeTree = (directory: HostPath, deadline: number): boolean => {
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    try {
      rmdirSync(directory)
      return true
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return true
    }
    for (const child of childrenOf(directory)) removeTree(child, 0)
    if (Date.now() + pause > deadline) return tryOnce(directory)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause)
  }
}

const tryOnce = (directory: HostPath): boolean => {
  try {
    rmdirSync(directory)
    return true
  } catch (error) {
    return errnoOf(error) === 'ENOENT'
  }
}

/** Directories below one cgroup; none when it is gone. */
export const childrenOf = (directory: HostPath): readonly HostPath[] => {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(directory, entry.name))
  } catch {
    return []
  }
}
