import { exitCode } from '../../foundation/errors/index.ts'
import type { BundleOptions } from '../bundle/index.ts'
import { pidOfDonor } from './container-networks.ts'
import type { ContainerStore } from './container-store.ts'
import { ContainerError } from './errors.ts'
import type { ContainerOptions, NamespaceModes } from './types.ts'

export type SharedNamespaces = Pick<
  BundleOptions,
  'share' | 'join' | 'joinShm' | 'shmSize' | 'userNamespace' | 'time'
>

/** Whether files of its layers belong to other ids of the host than the numbers that the layers have. */
export const translatesIds = ({ userNamespace }: Pick<ContainerOptions, 'userNamespace'>): boolean =>
  userNamespace !== undefined && userNamespace.mode !== 'keep-id'

/** Names of containers become whole ids. Throws `no-such-container`, and `bad-namespace` for an IPC namespace that is not to be shared. */
export const settleNamespaces = (modes: NamespaceModes, containers: ContainerStore): NamespaceModes => {
  const settled = <M extends string>(mode: M | undefined): M | undefined => {
    const name = containerOf(mode)
    return name === undefined ? mode : (`container:${containers.find(name).record.id}` as M)
  }
  const { pid, ipc, uts, cgroup, time } = modes
  const donor = containerOf(ipc)
  if (donor !== undefined) requireShareable(donor, containers)
  return Object.fromEntries(
    Object.entries({
      pid: settled(pid),
      ipc: settled(ipc),
      uts: settled(uts),
      cgroup,
      time: settled(time),
    }).filter(([, mode]) => mode !== undefined),
  )
}

const requireShareable = (name: string, containers: ContainerStore): void => {
  const { record } = containers.find(name)
  const mode = record.options.namespaces?.ipc ?? 'private'
  if (mode !== 'private' && mode !== 'none') return
  throw new ContainerError('bad-namespace', `share the IPC namespace of ${record.name}: it is private`, {
    exitCode: exitCode.engine,
    hint: `create ${record.name} with --ipc=shareable`,
  })
}

/** What one start shares with the host and with other containers, which must run. Throws `container-not-running`, `no-such-container`. */
export const sharedNamespaces = (options: ContainerOptions, containers: ContainerStore): SharedNamespaces => {
  const { pid, ipc, uts, cgroup } = options.namespaces ?? {}
  const modes = { network: options.network, pid, ipc, uts, cgroup } as const
  const kinds = ['network', 'pid', 'ipc', 'uts', 'cgroup'] as const
  const join: { -readonly [K in keyof NonNullable<SharedNamespaces['join']>]: string } = {}
  for (const [kind, file] of files) {
    const donor = containerOf(modes[kind])
    if (donor !== undefined) join[kind] = `/proc/${pidOfDonor(donor, containers)}/ns/${file}`
  }
  return {
    share: kinds.filter((kind) => modes[kind] === 'host'),
    join,
    ...(join.ipc === undefined ? {} : { joinShm: join.ipc.replace(/ipc$/, 'mnt') }),
    ...(ipc === 'none' ? { shmSize: 0 } : {}),
    ...ownIds(options, containers),
    ...ownClocks(options, containers),
  }
}

const ownIds = ({ userNamespace }: ContainerOptions, containers: ContainerStore): SharedNamespaces => {
  if (!userNamespace) return {}
  const { mode, uids, gids } = userNamespace
  const path = pathOf(mode, 'user', containers)
  return { userNamespace: { uids, gids, ...(path === undefined ? {} : { path }) } }
}

const ownClocks = (
  { namespaces, timeOffsets }: ContainerOptions,
  containers: ContainerStore,
): SharedNamespaces => {
  const mode = namespaces?.time ?? 'host'
  const path = pathOf(mode, 'time', containers)
  if (path !== undefined) return { time: { path } }
  return mode === 'host' ? {} : { time: timeOffsets ? { offsets: timeOffsets } : {} }
}

/** Of the other container, when the mode names one. */
const pathOf = (mode: string, file: string, containers: ContainerStore): string | undefined => {
  const donor = containerOf(mode)
  return donor === undefined ? undefined : `/proc/${pidOfDonor(donor, containers)}/ns/${file}`
}

const files = [
  ['pid', 'pid'],
  ['ipc', 'ipc'],
  ['uts', 'uts'],
  ['network', 'net'],
] as const

const containerOf = (mode: string | undefined): string | undefined =>
  mode?.startsWith('container:') ? mode.slice('container:'.length) : undefined
