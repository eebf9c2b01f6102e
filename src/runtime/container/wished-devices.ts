import { statSync } from 'node:fs'
import { join } from 'node:path'
import { exitCode } from '../../foundation/errors/index.ts'
import type {
  BlockRate,
  BlockWeight,
  RuntimeDevice,
  RuntimeMount,
  RuntimeResources,
} from '../../foundation/oci/index.ts'
import { ContainerError } from './errors.ts'
import { deviceAt, devicesBelow } from './host-facts.ts'
import type { ContainerOptions, DeviceLimit, DeviceWish } from './types.ts'

/** Nodes of --device, as they are on the host now. Throws `bad-device`. */
export const wishedDevices = (
  wishes: readonly DeviceWish[],
): readonly (RuntimeDevice & { readonly access: string })[] =>
  wishes.flatMap(({ source, destination, access }) => {
    const isDirectory = statSync(source, { throwIfNoEntry: false })?.isDirectory() === true
    const found = isDirectory
      ? [...devicesBelow(source)]
      : [deviceAt(source)].filter((one) => one !== undefined)
    if (found.length === 0) throw noDevice(source)
    return found.map((device) => ({
      ...device,
      path: isDirectory ? join(destination, device.path.slice(source.length)) : destination,
      access,
    }))
  })

/** In a user namespace nodes cannot be made: those with another name than on the host are bound. */
export const deviceBinds = (wishes: readonly DeviceWish[]): readonly RuntimeMount[] =>
  wishes
    .filter(({ source, destination }) => source !== destination && deviceAt(source) !== undefined)
    .map(({ source, destination }) => ({
      destination,
      type: 'bind',
      source,
      options: ['bind', 'rprivate', 'nosuid', 'noexec'],
    }))

/** The limits of a container with those of single devices. Throws `bad-device`. */
export const resourcesOf = ({
  resources,
  deviceLimits = [],
}: ContainerOptions): ContainerOptions['resources'] => {
  if (deviceLimits.length === 0) return resources
  const of = (kind: DeviceLimit['kind']): readonly (BlockRate & BlockWeight)[] =>
    deviceLimits
      .filter((limit) => limit.kind === kind)
      .map(({ path, value }) => ({ ...blockNumbers(path), rate: value, weight: value }))
  return {
    ...resources,
    blockIO: {
      ...resources.blockIO,
      weightDevice: of('weight'),
      throttleReadBpsDevice: of('read-bps'),
      throttleWriteBpsDevice: of('write-bps'),
      throttleReadIOPSDevice: of('read-iops'),
      throttleWriteIOPSDevice: of('write-iops'),
    } satisfies RuntimeResources['blockIO'],
  }
}

const blockNumbers = (path: string): { readonly major: number; readonly minor: number } => {
  const device = deviceAt(path)
  if (device?.type !== 'b') throw noDevice(path, 'block device')
  return { major: device.major, minor: device.minor }
}

const noDevice = (path: string, what = 'device'): ContainerError =>
  new ContainerError('bad-device', `use ${what} ${path}: there is no ${what} of that name`, {
    exitCode: exitCode.engine,
    hint: 'ls -l /dev shows those of this machine',
  })
