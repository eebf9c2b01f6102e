import { lstatSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath, RuntimeDevice } from '../../foundation/oci/index.ts'
import { type BundleHost, capabilitiesInMask } from '../bundle/index.ts'

/** Directories of /dev that a container has of its own. */
const ownDirectories: ReadonlySet<string> = new Set(['/dev/pts', '/dev/shm', '/dev/mqueue', '/dev/console'])

/** What the machine has, as far as a container's spec depends on it. Device nodes are listed for privileged ones only. */
export const hostFacts = (privileged: boolean): BundleHost => {
  const bounding = /^CapBnd:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return {
    ...(bounding === undefined ? {} : { capabilities: capabilitiesInMask(bounding) }),
    cpuCount: cpuCount(),
    ...(privileged ? { devices: [...devicesBelow('/dev')] } : {}),
  }
}

/** Highest number of /sys/devices/system/cpu/possible (`0-7`) plus one. */
const cpuCount = (): number => {
  try {
    const text = readFileSync('/sys/devices/system/cpu/possible', 'utf8')
    return Number(/(\d+)\s*$/.exec(text)?.[1] ?? 0) + 1
  } catch {
    return 0
  }
}

/** Nodes below a directory, in order; those that a container has of its own are left out. */
export const devicesBelow = function* (directory: HostPath): Generator<RuntimeDevice> {
  for (const name of readdirSync(directory).sort()) {
    const path = join(directory, name)
    if (ownDirectories.has(path)) continue
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat?.isDirectory()) yield* devicesBelow(path)
    else if (stat && isDevice(stat)) yield deviceOf(path, stat)
  }
}

const isDevice = (stat: Stats): boolean => stat.isCharacterDevice() || stat.isBlockDevice()

/** A node as it is on the host; undefined for what is no device. */
export const deviceAt = (path: HostPath): RuntimeDevice | undefined => {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat && isDevice(stat) ? deviceOf(path, stat) : undefined
}

const deviceOf = (path: HostPath, stat: Stats): RuntimeDevice => ({
  path,
  type: stat.isBlockDevice() ? 'b' : 'c',
  ...deviceNumbers(stat.rdev),
  fileMode: stat.mode & 0o7777,
  uid: stat.uid,
  gid: stat.gid,
})

/** The encoding of dev_t (sysmacros.h). */
const deviceNumbers = (rdev: number): { readonly major: number; readonly minor: number } => ({
  major: (rdev >>> 8) & 0xfff,
  minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00),
})
