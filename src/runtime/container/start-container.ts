import type { RootMount } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { removeFile } from '../../foundation/sys/index.ts'
import { orUnpacked, type SnapshotStore } from '../../store/snapshot/index.ts'
import { type CgroupPlan, createCgroup, removeCgroup } from '../cgroup/index.ts'
import { cgroupsPathOf, planContainerCgroup } from './container-cgroup.ts'
import type { ContainerStore } from './container-store.ts'
import { detachKeysOf } from './detach-keys.ts'
import { ContainerError } from './errors.ts'
import { forgetLastRun } from './failed-start.ts'
import { frontTakes, launchByFront } from './launch-by-front.ts'
import { type Launched, launchMonitor, type MonitorOptions } from './launch-monitor.ts'
import { prepareLife } from './life-files.ts'
import { lockContainer } from './lock-container.ts'
import { sharedNamespaces } from './namespaces.ts'
import { prepareNetwork } from './network-setup.ts'
import { reapContainer } from './reap.ts'
import { specOf, writeRequest } from './request-files.ts'
import { resolveMounts } from './resolve-mounts.ts'
import { type SeccompCompiler, seccompFor } from './seccomp-program.ts'
import { statusOf } from './status.ts'
import type { AttachStream, Container } from './types.ts'
import { unlessRemoved } from './unless-removed.ts'

export interface StartRequest {
  readonly containers: ContainerStore
  readonly snapshots: SnapshotStore
  readonly runDir: HostPath
  readonly container: Container
  /** The container goes on when this process ends. */
  readonly detached: boolean
  readonly seccomp: SeccompCompiler
  /** Keys that leave it in the background, in hexadecimal digits; docker's when absent. */
  readonly detachKeys?: string
  /** Our standard input is passed on, if the container has one; true when absent. */
  readonly input?: boolean
  /** The outputs of the container that ours are connected with; both when absent. */
  readonly outputs?: readonly AttachStream[]
  /** How many descriptors of this process, from 3 on, the program gets. */
  readonly preserved?: number
  /** Descriptor of the socket to the front that runs this process, which may take the container over. */
  readonly front?: number
  /** Called when all is written that the start needs, and nothing runs yet. */
  readonly onPrepared?: (prepared: PreparedStart) => void
}

/** What a start has made ready. */
export interface PreparedStart {
  readonly root: RootMount
  readonly plan: CgroupPlan
  readonly monitor: MonitorOptions
}

/**
 * Starts a created or ended container. Resolves when its program runs. When it cannot be started, what the attempt took
 * (address, cgroups) is given back, why is recorded (`failure.json`), and it can be started again. Throws `container-running`, `container-busy`,
 * `no-such-container` (it has just been removed), `port-in-use`, `start-failed` (exit code 126 or 127), and what the parts throw.
 */
export const startContainer = (request: StartRequest): Promise<Launched> =>
  unlessRemoved(request.container, () => startLocked(request))

const startLocked = async (request: StartRequest): Promise<Launched> => {
  const { container } = request
  using _ = lockContainer(container)
  requireStartable(container)
  const recordFailure = forgetLastRun(container.dir)
  let { front } = request
  try {
    return await orUnpacked(request.snapshots, () => {
      const first = front
      // It starts one monitor only.
      front = undefined
      return tryToStart(request, first)
    })
  } catch (error) {
    recordFailure(error)
    throw error
  }
}

/** When it fails, everything that it took is given back. */
const tryToStart = async (request: StartRequest, front: number | undefined): Promise<Launched> => {
  const undo: (() => void)[] = []
  const leftOut: string[] = []
  try {
    const prepared = await prepareStart(request, undo, leftOut)
    request.onPrepared?.(prepared)
    const launched = await launch(prepared.monitor, front)
    return { ...launched, warnings: [...leftOut, ...launched.warnings] }
  } catch (error) {
    for (const step of undo.toReversed()) step()
    throw error
  }
}

const launch = (options: MonitorOptions, front: number | undefined): Promise<Launched> | Launched =>
  front !== undefined && frontTakes(options) ? launchByFront(options, front) : launchMonitor(options)

const requireStartable = (container: Container): void => {
  const status = statusOf(container.dir)
  if (status.kind === 'running' || status.kind === 'restarting') {
    throw new ContainerError('container-running', `start container ${container.record.name}: it is running`)
  }
  if (status.kind === 'dead') reapContainer(container)
}

const prepareStart = async (
  request: StartRequest,
  undo: (() => void)[],
  leftOut: string[],
): Promise<PreparedStart> => {
  const { containers, snapshots, container, detached } = request
  const { record, dir } = container
  const { options } = record
  const root = await snapshots.prepareFor(record.id, record.stack)
  const mounts = await resolveMounts(containers.root, snapshots, options.mounts)
  const network = await prepareNetwork(request)
  undo.push(() => {
    for (const path of network.leases) removeFile(path)
  })
  const spec = specOf(
    options,
    network,
    mounts.mounts,
    cgroupsPathOf(record),
    sharedNamespaces(options, containers),
  )
  const { plan, warnings } = planContainerCgroup(record, spec.linux.resources)
  leftOut.push(...warnings)
  for (const purpose of createCgroup(plan))
    leftOut.push(`${purpose} is left out: this kernel does not have it`)
  undo.push(() => void removeCgroup(plan.directories))
  const seccomp = seccompFor(options, spec, request.seccomp)
  const preserved = request.preserved ?? 0
  writeRequest({ dir, spec, options, root, network, mounts, cgroup: plan, seccomp, preserved })
  const { interactive, autoRemove, ports } = options
  const monitor = {
    dir,
    detached,
    interactive,
    ownInput: request.input ?? true,
    outputs: request.outputs ?? ['stdout', 'stderr'],
    ports,
    preserved,
    life: prepareLife({
      containers,
      container,
      seccomp: request.seccomp,
      detachKeys: request.detachKeys ?? detachKeysOf(),
    }),
    ...(autoRemove
      ? {
          removal: {
            trash: containers.trash,
            directories: [containers.ownedDirOf(record.id), dir],
          },
        }
      : {}),
  }
  return { root, plan, monitor }
}
