import type { RuntimeResources } from '../../foundation/oci/index.ts'

type DeviceRules = RuntimeResources['devices']

/** Character devices that every container has: null, zero, full, random, urandom, tty, console, ptmx, and all of pts. */
const basicDevices: readonly (readonly [major: number, minor?: number])[] = [
  [1, 3],
  [1, 5],
  [1, 7],
  [1, 8],
  [1, 9],
  [5, 0],
  [5, 1],
  [5, 2],
  [136],
]

/** Privileged containers may use every device. */
export const everyDevice: DeviceRules = [{ allow: true, access: 'rwm' }]

/** Docker's allow list: device nodes may be made but only the basic ones opened. */
export const basicDeviceRules: DeviceRules = [
  { allow: false, access: 'rwm' },
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  ...basicDevices.map(([major, minor]) => ({
    allow: true,
    type: 'c',
    major,
    ...(minor === undefined ? {} : { minor }),
    access: 'rwm',
  })),
]
