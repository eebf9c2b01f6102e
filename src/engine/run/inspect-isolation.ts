import type { ContainerOptions, DeviceLimit } from '../../runtime/container/index.ts'
import { orNull } from './inspect-empty.ts'

/** Members of HostConfig about namespaces and devices. */
export const isolationOf = (options: ContainerOptions): Readonly<Record<string, unknown>> => {
  const { pid, ipc, uts, cgroup, time } = options.namespaces ?? {}
  return {
    PidMode: pid ?? '',
    IpcMode: ipc ?? 'private',
    UTSMode: uts ?? '',
    CgroupnsMode: cgroup ?? 'private',
    UsernsMode: options.userNamespace?.mode ?? '',
    ...(time === undefined || time === 'host' ? {} : { TimeMode: time }),
    ...(options.timeOffsets ? { TimeOffsets: options.timeOffsets } : {}),
    Devices: (options.devices ?? []).map(({ source, destination, access }) => ({
      PathOnHost: source,
      PathInContainer: destination,
      CgroupPermissions: access,
    })),
    DeviceCgroupRules: (options.deviceRules ?? []).map(
      ({ type, major = '*', minor = '*', access }) => `${type} ${major}:${minor} ${access}`,
    ),
    ...(Object.keys(options.sysctl ?? {}).length > 0 ? { Sysctls: options.sysctl } : {}),
    GroupAdd: orNull(options.groupAdd ?? []),
  }
}

/** Members of HostConfig about single block devices. */
export const deviceLimitsOf = ({
  deviceLimits = [],
}: ContainerOptions): Readonly<Record<string, unknown>> => {
  const rates = (kind: DeviceLimit['kind']): readonly { readonly Path: string; readonly Rate: number }[] =>
    deviceLimits.filter((one) => one.kind === kind).map(({ path, value }) => ({ Path: path, Rate: value }))
  return {
    BlkioWeightDevice: rates('weight').map(({ Path, Rate }) => ({ Path, Weight: Rate })),
    BlkioDeviceReadBps: rates('read-bps'),
    BlkioDeviceWriteBps: rates('write-bps'),
    BlkioDeviceReadIOps: rates('read-iops'),
    BlkioDeviceWriteIOps: rates('write-iops'),
  }
}
