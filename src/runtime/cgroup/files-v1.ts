import { join } from 'node:path'
import type { HostPath, RuntimeResources } from '../../foundation/oci/index.ts'
import { totalMemory } from './conversions.ts'
import type { CgroupFile, Controller } from './types.ts'

type Resources = Partial<RuntimeResources>

/** Files of one v1 controller's directory, in the order the kernel wants them written. */
export const filesV1 = (
  controller: Controller,
  directory: HostPath,
  resources: Resources,
): readonly CgroupFile[] => {
  const write = (name: string, value: string | number, purpose: string): CgroupFile => ({
    path: join(directory, name),
    value: String(value),
    purpose,
  })
  switch (controller) {
    case 'memory':
      return memoryFiles(write, resources.memory ?? {})
    case 'cpu':
      return cpuFiles(write, resources.cpu ?? {})
    case 'cpuset':
      return cpusetFiles(write, resources.cpu ?? {})
    case 'pids':
      return isSaid(resources.pids?.limit)
        ? [write('pids.max', limitText(resources.pids.limit), 'limit of processes')]
        : []
    case 'blkio': {
      const { weight, weightDevice = [], ...rates } = resources.blockIO ?? {}
      const instead = { path: join(directory, 'blkio.bfq.weight'), value: String(weight) }
      return [
        ...(isLimit(weight) ? [{ ...write('blkio.weight', weight, 'block I/O weight'), instead }] : []),
        ...weightDevice.map(({ major, minor, weight: own }) => {
          const file = write('blkio.weight_device', `${major}:${minor} ${own}`, 'block I/O weight')
          return { ...file, instead: { path: join(directory, 'blkio.bfq.weight_device'), value: file.value } }
        }),
        ...throttles.flatMap(([member, file]) =>
          (rates[member] ?? []).map(({ major, minor, rate }) =>
            write(file, `${major}:${minor} ${rate}`, 'block I/O rate'),
          ),
        ),
      ]
    }
    case 'devices':
      return (resources.devices ?? []).map((rule) =>
        write(rule.allow ? 'devices.allow' : 'devices.deny', deviceRule(rule), 'device rules'),
      )
    case 'cpuacct':
    case 'freezer':
      return []
  }
}

const throttles = [
  ['throttleReadBpsDevice', 'blkio.throttle.read_bps_device'],
  ['throttleWriteBpsDevice', 'blkio.throttle.write_bps_device'],
  ['throttleReadIOPSDevice', 'blkio.throttle.read_iops_device'],
  ['throttleWriteIOPSDevice', 'blkio.throttle.write_iops_device'],
] as const

type Write = (name: string, value: string | number, purpose: string) => CgroupFile

const memoryFiles = (write: Write, memory: NonNullable<Resources['memory']>): readonly CgroupFile[] => {
  const { limit, swap, reservation, swappiness, disableOOMKiller } = memory
  const files: CgroupFile[] = []
  if (isSaid(limit)) files.push(write('memory.limit_in_bytes', limit, 'memory limit'))
  const total = totalMemory(limit, swap)
  // The sum of memory and swap may not be below the memory limit at any time: it comes second.
  if (total !== undefined)
    files.push({
      ...write('memory.memsw.limit_in_bytes', total, 'memory-swap limit'),
      optional: !swap,
    })
  if (isLimit(reservation)) files.push(write('memory.soft_limit_in_bytes', reservation, 'memory reservation'))
  if (swappiness !== undefined && swappiness >= 0)
    files.push(write('memory.swappiness', swappiness, 'memory swappiness'))
  if (disableOOMKiller) files.push(write('memory.oom_control', 1, 'oom-kill-disable'))
  return files
}

const cpuFiles = (
  write: Write,
  { shares, quota, period }: NonNullable<Resources['cpu']>,
): readonly CgroupFile[] => [
  ...(isLimit(shares) ? [write('cpu.shares', shares, 'CPU shares')] : []),
  ...(isLimit(period) ? [write('cpu.cfs_period_us', period, 'CPU period')] : []),
  ...(isSaid(quota) ? [write('cpu.cfs_quota_us', quota, 'CPU quota')] : []),
]

const cpusetFiles = (write: Write, { cpus, mems }: NonNullable<Resources['cpu']>): readonly CgroupFile[] => [
  ...(cpus ? [write('cpuset.cpus', cpus, 'CPU set')] : []),
  ...(mems ? [write('cpuset.mems', mems, 'memory nodes')] : []),
]

/** devices.txt of the kernel: `c 1:3 rwm`; a rule without a type is about every device. */
const deviceRule = ({
  type = 'a',
  major,
  minor,
  access = 'rwm',
}: RuntimeResources['devices'][number]): string =>
  type === 'a' ? 'a' : `${type} ${major ?? '*'}:${minor ?? '*'} ${access}`

const isLimit = (value: number | undefined): value is number => value !== undefined && value > 0

/** A limit, or that there is none (-1). */
const isSaid = (value: number | undefined): value is number => value !== undefined && value !== 0

const limitText = (value: number): string => (value < 0 ? 'max' : String(value))
