import type { PreparedStart } from '../start-container.ts'
import type { Container, ContainerOptions } from '../types.ts'

/**
 * Whether another run of the same command line comes to the same container, but for what a recipe can fill in. Nothing of it depends
 * on other containers, on networks, or on devices and files of the host that no check of a recipe looks at.
 */
export const isRepeatable = (
  { record: { options } }: Container,
  { root, plan, monitor }: PreparedStart,
): boolean =>
  isPlain(options) &&
  root.kind === 'overlay' &&
  plan.cpusets.length === 0 &&
  plan.deviceProgram === undefined &&
  // What the kernel lacks is warned of, and then nothing is written down.
  !plan.files.some(({ instead }) => instead !== undefined) &&
  !monitor.detached &&
  !monitor.life.some((word) => word.startsWith('--health-'))

const isPlain = (options: ContainerOptions): boolean => {
  const { network, networks, links = [], ports, mounts, namespaces, userNamespace, timeOffsets } = options
  const { privileged, terminal, devices = [], deviceLimits = [], oomScoreAdj, cgroupParent, life } = options
  return (
    network === 'none' &&
    networks === undefined &&
    [links, ports, mounts, devices, deviceLimits].every((list) => list.length === 0) &&
    !privileged &&
    !terminal &&
    Object.values(namespaces ?? {}).every((mode) => mode === undefined) &&
    [userNamespace, timeOffsets, oomScoreAdj, cgroupParent].every((said) => said === undefined) &&
    (life?.restart === undefined || life.restart.name === 'no')
  )
}
