import type { RuntimeResources } from '../../foundation/oci/index.ts'
import { allowsEveryDevice } from './device-program.ts'
import type { Controller } from './types.ts'
import { controllerOfFile } from './unified.ts'

/** Limits that are set, by the controller that enforces them. "Unlimited" is not a limit. */
export const wantedControllers = (resources: Partial<RuntimeResources>): ReadonlyMap<Controller, string> => {
  const { memory = {}, cpu = {}, pids, blockIO, devices } = resources
  const wanted = new Map<Controller, string>()
  if (some(memory.limit, memory.reservation, memory.swap)) wanted.set('memory', 'memory limit')
  if (memory.swappiness !== undefined && memory.swappiness >= 0) wanted.set('memory', 'memory swappiness')
  if (memory.disableOOMKiller) wanted.set('memory', 'oom-kill-disable')
  if (some(cpu.shares, cpu.quota, cpu.period)) wanted.set('cpu', 'CPU limit')
  if (cpu.cpus || cpu.mems) wanted.set('cpuset', 'CPU set')
  if (some(pids?.limit)) wanted.set('pids', 'limit of processes')
  const { weight, ...devicesOfBlockIO } = blockIO ?? {}
  if (some(weight)) wanted.set('blkio', 'block I/O weight')
  if (Object.values(devicesOfBlockIO).some((list) => list.length > 0)) wanted.set('blkio', 'block I/O limit')
  for (const name of Object.keys(resources.unified ?? {}))
    wanted.set(controllerOfFile(name), `cgroup file ${name}`)
  if (devices?.length && !allowsEveryDevice(devices)) wanted.set('devices', 'device rules')
  return wanted
}

const some = (...limits: readonly (number | undefined)[]): boolean =>
  limits.some((limit) => limit !== undefined && limit > 0)
