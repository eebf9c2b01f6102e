import { join } from 'node:path'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { checkResources } from './check-resources.ts'
import { compileDeviceProgram } from './device-program.ts'
import { filesV1 } from './files-v1.ts'
import { controllerNameV2, filesV2 } from './files-v2.ts'
import { defaultParent } from './parent.ts'
import type { CgroupFile, CgroupHierarchy, CgroupPlan, CgroupRequest, Controller } from './types.ts'
import { unifiedFiles } from './unified.ts'
import { wantedControllers } from './wanted.ts'

/**
 * What to make for one container: as few directories as the limits need (each costs a system call at start and end).
 * Device rules are files where v1's devices controller is mounted, else a program for v2. Pure. Throws `invalid-cgroup`,
 * `invalid-limit`, `invalid-device-rule`, `unsupported-limit`, and `missing-controller` when a limit cannot be enforced
 * on this machine.
 */
export const planCgroup = (request: CgroupRequest): CgroupPlan => {
  const { id, parent = defaultParent, resources, also = [], hierarchy } = request
  const segments = [...parent.split('/').filter((part) => part !== ''), id]
  for (const segment of segments) checkSegment(segment)
  checkResources(resources)
  const limits = wantedControllers(resources)
  const wanted = new Set<Controller>([...limits.keys(), ...also])
  if (resources.devices?.length) wanted.add('devices')
  const directories = new Set<HostPath>()
  const files: CgroupFile[] = []
  const cpusets: HostPath[] = []
  const inV2: Controller[] = []
  for (const controller of [...wanted].sort()) {
    const root = hierarchy.v1[controller]
    if (root === undefined) {
      if (isInV2(controller, hierarchy)) inV2.push(controller)
      else if (limits.has(controller)) throw missing(controller, limits.get(controller))
      continue
    }
    const directory = join(root, ...segments)
    directories.add(directory)
    files.push(...filesV1(controller, directory, resources))
    if (controller === 'cpuset')
      cpusets.push(...segments.map((_, i) => join(root, ...segments.slice(0, i + 1))))
  }
  if (inV2.length > 0 && hierarchy.v2) {
    const directory = join(hierarchy.v2.root, ...segments)
    directories.add(directory)
    files.push(...enablers(hierarchy.v2.root, segments, inV2))
    files.push(...inV2.flatMap((controller) => filesV2(controller, directory, resources)))
  }
  files.push(...unifiedFiles(resources.unified ?? {}, join(hierarchy.v2?.root ?? '', ...segments), hierarchy))
  const plan = { directories: [...directories], files, cpusets, join: [...directories] }
  return limits.has('devices') && inV2.includes('devices')
    ? { ...plan, deviceProgram: compileDeviceProgram(resources.devices ?? []) }
    : plan
}

/** v2 offers a controller in a directory only when every directory above hands it down. */
const enablers = (
  root: HostPath,
  segments: readonly string[],
  controllers: readonly Controller[],
): readonly CgroupFile[] => {
  const names = new Set(controllers.map(controllerNameV2).filter((name) => name !== undefined))
  if (names.size === 0) return []
  const value = [...names].map((name) => `+${name}`).join(' ')
  return segments.map((_, depth) => ({
    path: join(root, ...segments.slice(0, depth), 'cgroup.subtree_control'),
    value,
    purpose: 'cgroup controllers',
  }))
}

const isInV2 = (controller: Controller, { v2 }: CgroupHierarchy): boolean => {
  // Not controllers there: every directory has them.
  if (controller === 'freezer' || controller === 'devices') return v2 !== undefined
  const name = controllerNameV2(controller)
  return name !== undefined && v2?.controllers.includes(name) === true
}

/** An id or parent must not lead anywhere else (`..`, CVE-2022-0492's kin). */
const checkSegment = (segment: string): void => {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(segment) && segment.length <= 255) return
  throw new AppError(
    'invalid-cgroup',
    `name cgroup ${JSON.stringify(segment.slice(0, 100))}: expected letters, digits, "_", "." and "-", not starting with "." or "-"`,
    { exitCode: exitCode.engine },
  )
}

const missing = (controller: Controller, limit = 'limit'): AppError =>
  new AppError(
    'missing-controller',
    `set ${limit}: this machine offers no cgroup controller ${controller}, in v1 or v2`,
    {
      exitCode: exitCode.engine,
      hint:
        controller === 'devices'
          ? 'mount cgroup v2 (mount -t cgroup2 cgroup2 /sys/fs/cgroup): without it a container could open the disks of the host'
          : `mount it (mount -t cgroup -o ${controller} cgroup DIR), delegate it to this user, or leave the limit out`,
      details: { controller },
    },
  )
