import { closeSync, constants, openSync } from 'node:fs'
import { runContainer } from '../../foundation/native/index.ts'
import type { HostPath, RuntimeMount, RuntimeSpec } from '../../foundation/oci/index.ts'
import { isAlive, type ProcessIdentity } from '../../foundation/sys/index.ts'
import { orUnpacked, type SnapshotStore } from '../../store/snapshot/index.ts'
import { createSpec } from '../bundle/index.ts'
import type { ContainerStore } from './container-store.ts'
import { notRunning } from './errors.ts'
import { lockContainer } from './lock-container.ts'
import { translatesIds } from './namespaces.ts'
import { type ResolvedMounts, resolveMounts } from './resolve-mounts.ts'
import { statusOf } from './status.ts'
import type { Container } from './types.ts'

/**
 * Gives `work` a path at which the container's file system is, with its volumes and all else that is mounted: that of the running
 * container, or one that a process of the helper keeps meanwhile, which nobody else can start then. What is below it belongs
 * to the container: paths are to be looked up with `placeInRoot`. Throws `container-busy`, `bad-mount`.
 */
export const withRoot = async <T>(
  request: {
    readonly containers: ContainerStore
    readonly snapshots: SnapshotStore
    readonly container: Container
  },
  work: (root: HostPath) => T,
): Promise<T> => {
  const { container } = request
  const status = statusOf(container.dir)
  if (status.kind === 'running') {
    return inRunning(container, status.init, work)
  }
  using _ = lockContainer(container)
  return await orUnpacked(request.snapshots, () => hold(request, work))
}

/** The root is opened before the process is asked for: when it lives then, the number was its own and not that of a later one. */
const inRunning = <T>(container: Container, init: ProcessIdentity, work: (root: HostPath) => T): T => {
  const fd = openRoot(init.pid)
  try {
    if (fd === undefined || !isAlive(init)) throw notRunning('copy from or to', container)
    return work(`/proc/self/fd/${fd}`)
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

const openRoot = (pid: number): number | undefined => {
  try {
    return openSync(`/proc/${pid}/root`, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch {
    return undefined
  }
}

const hold = async <T>(
  { containers, snapshots, container }: Parameters<typeof withRoot>[0],
  work: (root: HostPath) => T,
): Promise<T> => {
  const { id, stack, options } = container.record
  const root = await snapshots.prepareFor(id, stack)
  const mounts = await resolveMounts(containers.root, snapshots, options.mounts)
  const stop = new AbortController()
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined
  await runContainer(
    {
      spec: specOf(container, mounts),
      root: root.kind === 'overlay' ? { ...root, volatile: false } : root,
      trees: mounts.trees,
      network: { kind: 'none' },
      cgroups: [],
      hold: true,
      translateRoot: translatesIds(options),
    },
    { stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' },
    {
      signal: stop.signal,
      onStarted: (pid) => {
        try {
          outcome = { value: work(`/proc/${pid}/root`) }
        } catch (error) {
          outcome = { error }
        }
        stop.abort()
      },
    },
  )
  if (!outcome) throw notRunning('reach the files of', container)
  if ('error' in outcome) throw outcome.error
  return outcome.value
}

/** Only the root and what a user mounted: nothing of the kernel's own file systems is there. */
const specOf = ({ record }: Container, { mounts }: ResolvedMounts): RuntimeSpec => {
  const { options } = record
  // The ids are those that it has when it runs.
  const { userNamespace } = options
  const spec = createSpec({
    config: options.config,
    user: options.resolvedUser,
    command: ['-'],
    entrypoint: [],
    workdir: '/',
    readonlyRoot: options.readonlyRoot,
    mounts,
    ...(userNamespace ? { userNamespace: { uids: userNamespace.uids, gids: userNamespace.gids } } : {}),
  })
  const own = new Set<string>(mounts.map((mount) => mount.destination))
  const kept: readonly RuntimeMount[] = spec.mounts.filter((mount) => own.has(mount.destination))
  return {
    ...spec,
    mounts: kept,
    linux: { ...spec.linux, maskedPaths: [], readonlyPaths: [], devices: [], sysctl: {} },
  }
}
