/** Docker shows lists that nobody gave as null in some members, as [] in others. */
export const orNull = <T>(list: readonly T[]): readonly T[] | null => (list.length === 0 ? null : list)

/** Members that scripts read and that are the same for every container here. */
export const fixedHostConfig: Readonly<Record<string, unknown>> = {
  ContainerIDFile: '',
  VolumeDriver: '',
  VolumesFrom: null,
  ConsoleSize: [0, 0],
  Cgroup: '',
  Runtime: 'tsrunc',
  Isolation: '',
  CpuRealtimePeriod: 0,
  CpuRealtimeRuntime: 0,
  DeviceRequests: null,
}
