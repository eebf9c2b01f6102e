import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'

/** The knob of each version, what is written to it, and where it says that all processes stand still. */
const knobs = [
  { file: 'freezer.state', on: 'FROZEN', off: 'THAWED', state: 'freezer.state', isFrozen: /^FROZEN/ },
  { file: 'cgroup.freeze', on: '1', off: '0', state: 'cgroup.events', isFrozen: /^frozen 1$/m },
] as const

/** Milliseconds that the processes may take to stop: one that waits for a disk cannot be stopped at once. */
const patience = 5000

/**
 * Stops all processes of the joined cgroups (`CgroupPlan.join`), or lets them go on. False when none of the directories can
 * do that, or the processes do not stop in time (they are let go then).
 */
export const setFrozen = (directories: readonly HostPath[], frozen: boolean): boolean => {
  const found = knobOf(directories)
  if (!found) return false
  const { directory, knob } = found
  const path = join(directory, knob.file)
  const deadline = Date.now() + patience
  for (;;) {
    // v1 may stay at FREEZING when a process forked meanwhile: asking again helps.
    writeFileSync(path, frozen ? knob.on : knob.off)
    if (isFrozen(directories) === frozen) return true
    if (Date.now() > deadline) break
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
  }
  writeFileSync(path, knob.off)
  return false
}

/** Whether the processes of the joined cgroups stand still. */
export const isFrozen = (directories: readonly HostPath[]): boolean => {
  const found = knobOf(directories)
  if (!found) return false
  return found.knob.isFrozen.test(readText(found.directory, found.knob.state) ?? '')
}

const knobOf = (
  directories: readonly HostPath[],
): { readonly directory: HostPath; readonly knob: (typeof knobs)[number] } | undefined => {
  for (const knob of knobs)
    for (const directory of directories)
      if (readText(directory, knob.file) !== undefined) return { directory, knob }
  return undefined
}

const readText = (directory: HostPath, file: string): string | undefined => {
  try {
    return readFileSync(join(directory, file), 'utf8')
  } catch {
    return undefined
  }
}
