import { join } from 'node:path'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { CgroupFile, CgroupHierarchy, Controller } from './types.ts'

const controllers: Readonly<Record<string, Controller>> = {
  io: 'blkio',
  cpu: 'cpu',
  cpuset: 'cpuset',
  memory: 'memory',
  pids: 'pids',
}

/**
 * The controller that a file of cgroup v2 belongs to: `memory.high` -> memory. Throws `invalid-cgroup` for anything that is
 * no limit: `cgroup.procs` would move processes.
 */
export const controllerOfFile = (name: string): Controller => {
  const controller = /^([a-z]+)(\.[a-z0-9_]+)+$/.test(name)
    ? controllers[name.split('.')[0] ?? '']
    : undefined
  if (controller) return controller
  throw new AppError('invalid-cgroup', `write cgroup file ${JSON.stringify(name)}: it is none of a limit`, {
    exitCode: exitCode.engine,
    hint: `names start with ${Object.keys(controllers).join('., ')}.`,
  })
}

/** What `unified` of the resources writes. Throws `unsupported-limit` where the machine has no v2 controller for it. */
export const unifiedFiles = (
  unified: Readonly<Record<string, string>>,
  directory: HostPath,
  hierarchy: CgroupHierarchy,
): readonly CgroupFile[] =>
  Object.entries(unified).map(([name, value]) => {
    if (hierarchy.v1[controllerOfFile(name)] !== undefined || !hierarchy.v2) {
      throw new AppError('unsupported-limit', `write cgroup file ${name}: this machine has cgroup v1`, {
        exitCode: exitCode.engine,
        hint: 'leave the option out; there are options such as --memory that both versions have',
      })
    }
    return { path: join(directory, name), value, purpose: `cgroup file ${name}` }
  })
