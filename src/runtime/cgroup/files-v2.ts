import { join } from 'node:path'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath, RuntimeResources } from '../../foundation/oci/index.ts'
import { ioWeightOf, totalMemory, weightOfShares } from './conversions.ts'
import type { CgroupFile, Controller } from './types.ts'

type Resources = Partial<RuntimeResources>
type Write = (name: string, value: string | number, purpose: string) => CgroupFile

/** v2's name of a v1 controller; undefined for those that are not controllers there. */
export const controllerNameV2 = (controller: Controller): string | undefined =>
  ({
    blkio: 'io',
    cpu: 'cpu',
    cpuacct: 'cpu',
    cpuset: 'cpuset',
    memory: 'memory',
    pids: 'pids',
    devices: undefined,
    freezer: undefined,
  })[controller]

/** Files of one controller in a v2 directory (cgroup-v2.rst of the kernel). Throws `unsupported-limit` for what v2 dropped. */
export const filesV2 = (
  controller: Controller,
  directory: HostPath,
  resources: Resources,
): readonly CgroupFile[] => {
  const write: Write = (name, value, purpose) => ({
    path: join(directory, name),
    value: String(value),
    purpose,
  })
  switch (controller) {
    case 'memory':
      return memoryFiles(write, resources.memory ?? {})
    case 'cpu':
      return cpuFiles(write, resources.cpu ?? {})
    case 'cpuset': {
      const { cpus, mems } = resources.cpu ?? {}
      return [
        ...(cpus ? [write('cpuset.cpus', cpus, 'CPU set')] : []),
        ...(mems ? [write('cpuset.mems', mems, 'memory nodes')] : []),
      ]
    }
    case 'pids':
      return isSaid(resources.pids?.limit)
        ? [write('pids.max', limitText(resources.pids.limit), 'limit of processes')]
        : []
    case 'blkio': {
      const { weight, weightDevice = [], ...rates } = resources.blockIO ?? {}
      const instead = { path: join(directory, 'io.weight'), value: String(ioWeightOf(weight ?? 0)) }
      return [
        ...(isLimit(weight) ? [{ ...write('io.bfq.weight', weight, 'block I/O weight'), instead }] : []),
        ...weightDevice.map((device) =>
          write('io.bfq.weight', `${device.major}:${device.minor} ${device.weight}`, 'block I/O weight'),
        ),
        ...throttles.flatMap(([member, key]) =>
          (rates[member] ?? []).map(({ major, minor, rate }) =>
            write('io.max', `${major}:${minor} ${key}=${rate}`, 'block I/O rate'),
          ),
        ),
      ]
    }
    case 'cpuacct':
    case 'devices':
    case 'freezer':
      return []
  }
}

const throttles = [
  ['throttleReadBpsDevice', 'rbps'],
  ['throttleWriteBpsDevice', 'wbps'],
  ['throttleReadIOPSDevice', 'riops'],
  ['throttleWriteIOPSDevice', 'wiops'],
] as const

const memoryFiles = (write: Write, memory: NonNullable<Resources['memory']>): readonly CgroupFile[] => {
  const { limit, swap, reservation, swappiness, disableOOMKiller } = memory
  if (swappiness !== undefined && swappiness >= 0) throw unsupported('memory swappiness')
  if (disableOOMKiller) throw unsupported('oom-kill-disable')
  const files: CgroupFile[] = []
  if (isSaid(limit)) files.push(write('memory.max', limitText(limit), 'memory limit'))
  const total = totalMemory(limit, swap)
  // v2 counts swap alone.
  if (total !== undefined)
    files.push({
      ...write('memory.swap.max', total < 0 ? 'max' : total - (limit ?? 0), 'memory-swap limit'),
      optional: !swap,
    })
  if (isLimit(reservation)) files.push(write('memory.low', reservation, 'memory reservation'))
  return files
}

const cpuFiles = (
  write: Write,
  { shares, quota, period }: NonNullable<Resources['cpu']>,
): readonly CgroupFile[] => {
  const files: CgroupFile[] = []
  if (isLimit(shares)) files.push(write('cpu.weight', weightOfShares(shares), 'CPU shares'))
  if (isSaid(quota) || isLimit(period))
    files.push(
      write(
        'cpu.max',
        `${isLimit(quota) ? quota : 'max'} ${isLimit(period) ? period : 100_000}`,
        'CPU quota',
      ),
    )
  return files
}

const isLimit = (value: number | undefined): value is number => value !== undefined && value > 0

/** A limit, or that there is none (-1). */
const isSaid = (value: number | undefined): value is number => value !== undefined && value !== 0

const limitText = (value: number): string => (value < 0 ? 'max' : String(value))

const unsupported = (limit: string): AppError =>
  new AppError('unsupported-limit', `set ${limit}: cgroup v2 does not have it`, {
    exitCode: exitCode.engine,
    hint: 'leave the option out; only cgroup v1 has it',
  })
