import type { HostPath, Platform } from '../../foundation/oci/index.ts'
import {
  type AttachStream,
  type Container,
  type CreateOptions,
  createContainer,
  type Launched,
  openContainerStore,
  ownerInside,
  type PreparedStart,
  recordEvent,
  removeContainer,
  startContainer,
} from '../../runtime/container/index.ts'
import type { UserNamespaceWish } from '../../runtime/userns/index.ts'
import type { Image } from '../../store/image/index.ts'
import type { Lease } from '../../store/snapshot/index.ts'
import { seccompProgram } from '../seccomp.ts'
import { type Store, sweepTrash } from '../store.ts'
import { findImage, requirePlatform } from './find-image.ts'
import type { MountWish } from './mounts.ts'
import { withPortOwner } from './port-in-use.ts'
import type { RecipeWish } from './record-run.ts'
import { removeVolumesOf } from './remove.ts'
import { settleMounts, sweepVolumes } from './settle-mounts.ts'
import { unpackFirst } from './unpack-first.ts'
import type { ClaimedUserNamespace } from './user-namespace.ts'

export interface RunEnvironment {
  /** /run/tsbuild, or another place for volatile state. */
  readonly runRoot: HostPath
  /** Keys that leave a container in the foreground (`detachKeysOf`); docker's when absent. */
  readonly detachKeys?: string
  /** Our standard input is passed on, if the container has one; true when absent. */
  readonly input?: boolean
  /** The outputs of the container that ours are connected with; both when absent. */
  readonly outputs?: readonly AttachStream[]
  /** How many descriptors of this process, from 3 on, the program gets. */
  readonly preserved?: number
  /** Descriptor of the socket to the front that runs this process (native/front.c), if it may take the container over. */
  readonly front?: number
  /** What to write it down by, so that the front can do it alone another time. */
  readonly recipe?: RecipeWish
  /** Called when all is ready that a start needs. */
  readonly onPrepared?: (prepared: PreparedStart) => void
  /** Milliseconds since the epoch. */
  now(): number
}

/** What a user asks of a new container. */
export interface ContainerWish extends Omit<CreateOptions, 'mounts'> {
  readonly mounts?: readonly MountWish[]
  /** `CONTAINER[:ro|rw]`: whose mounts it gets too. */
  readonly volumesFrom?: readonly string[]
  /** The host's when absent. */
  readonly userNamespace?: UserNamespaceWish
  /** What the image must be for. */
  readonly platform?: Platform
  /** A container of the same name is stopped and removed first. */
  readonly replace?: boolean
}

/**
 * A new container of an image in the store, with its root and its volumes, not started. Throws `no-such-image`, and what
 * `settleMounts` and `createContainer` throw.
 */
export const createFromImage = async (
  store: Store,
  imageName: string,
  wish: ContainerWish,
  environment: RunEnvironment,
): Promise<Container> => {
  using lease = await store.lease()
  sweepTrash(store)
  await sweepVolumes(store)
  return await make({ store, imageName, wish, environment }, lease, async (container) => {
    // From here on the layers are in use by the container itself.
    await store.snapshots.prepareFor(container.record.id, container.record.stack)
  })
}

interface Making {
  readonly store: Store
  readonly imageName: string
  readonly wish: ContainerWish
  readonly environment: RunEnvironment
}

/** When something fails, `finish` included, nothing of the container is left. */
const make = async (
  { store, imageName, wish, environment }: Making,
  lease: Lease,
  finish: (container: Container) => Promise<void> | void,
): Promise<Container> => {
  const containers = openContainerStore(store.root)
  const image = findImage(store, imageName, wish.platform)
  lease.hold([image.id, ...image.stack])
  const { mounts = [], volumesFrom = [], platform, userNamespace, replace, ...options } = wish
  if (platform) requirePlatform(image, imageName, platform)
  const now = environment.now()
  await unpackFirst(store, image)
  if (replace && options.name !== undefined)
    await (await import('./replace-container.ts')).removeNamed(store.root, options.name)
  using claimed = userNamespace && (await claimIds({ store, image, wish, environment }, userNamespace))
  const ids = claimed?.userNamespace
  using settled = await settleMounts(store, containers, image, {
    wishes: mounts,
    volumesFrom,
    autoRemove: options.autoRemove ?? false,
    now,
    ...(ids ? { newVolumes: ownerInside({ userNamespace: ids }) } : {}),
  })
  let container: Container | undefined
  try {
    container = createContainer({
      containers,
      snapshots: store.snapshots,
      image,
      imageName,
      options: { ...options, mounts: settled.mounts },
      ...(ids ? { userNamespace: ids } : {}),
      now,
    })
    settled.created(container)
    await finish(container)
    return container
  } catch (error) {
    if (container) containers.discard(container)
    settled.failed()
    throw error
  }
}

/** Most containers have the host's ids: what gives others away is not loaded then. */
const claimIds = async (
  { store, image, wish, environment }: Omit<Making, 'imageName'> & { readonly image: Image },
  userNamespace: UserNamespaceWish,
): Promise<ClaimedUserNamespace> => {
  const { claimUserNamespace } = await import('./user-namespace.ts')
  return claimUserNamespace({
    wish: userNamespace,
    containers: openContainerStore(store.root),
    snapshots: store.snapshots,
    image,
    user: wish.user ?? image.config.config?.User ?? '',
    runRoot: environment.runRoot,
  })
}

/** Starts a created or ended container. Throws what `startContainer` throws; a busy port is named with its owner. */
export const start = async (
  store: Store,
  container: Container,
  detached: boolean,
  environment: RunEnvironment,
): Promise<Launched> => {
  const containers = openContainerStore(store.root)
  if (!detached) recordEvent(containers.journal, container.record, 'attach')
  try {
    return await startContainer({
      containers,
      snapshots: store.snapshots,
      runDir: environment.runRoot,
      container,
      detached,
      ...(environment.input === undefined ? {} : { input: environment.input }),
      ...(environment.outputs === undefined ? {} : { outputs: environment.outputs }),
      ...(environment.preserved === undefined ? {} : { preserved: environment.preserved }),
      ...(environment.front === undefined || leavesVolumes(container) ? {} : { front: environment.front }),
      ...(environment.detachKeys === undefined ? {} : { detachKeys: environment.detachKeys }),
      ...(environment.onPrepared === undefined ? {} : { onPrepared: environment.onPrepared }),
      seccomp: (profile, capabilities) => seccompProgram(store.root, profile, capabilities),
    })
  } catch (error) {
    throw withPortOwner(error, containers.list())
  }
}

/** Creates and starts. A container that cannot be started is kept, as docker keeps it; with --rm nothing is left of it. */
export const run = async (
  store: Store,
  imageName: string,
  options: ContainerWish & {
    readonly detached: boolean
    readonly onCreated?: (container: Container) => void
  },
  environment: RunEnvironment,
): Promise<{ readonly container: Container; readonly launched: Launched }> => {
  const { detached, onCreated, ...wish } = options
  using lease = await store.lease()
  await sweepVolumes(store)
  const { recipe } = environment
  const recording =
    recipe && !detached ? await (await import('./record-run.ts')).recordRun(store, recipe) : undefined
  const container = await make({ store, imageName, wish, environment }, lease, onCreated ?? (() => {}))
  try {
    const launched = await start(store, container, detached, {
      ...environment,
      ...(recording ? { onPrepared: (prepared) => recording.prepared(container, prepared) } : {}),
    })
    if (launched.warnings.length === 0) recording?.keep()
    sweepTrash(store)
    if (detached || !wish.autoRemove) return { container, launched }
    return { container, launched: { ...launched, ended: thenSweep(launched.ended, store) } }
  } catch (error) {
    if (!wish.autoRemove) throw error
    const containers = openContainerStore(store.root)
    await removeContainer({ containers, container, force: true })
    await removeVolumesOf(store.root, container)
    throw error
  }
}

/** Volumes that go with it are removed when it has ended. */
const leavesVolumes = ({ record: { options } }: Container): boolean =>
  options.autoRemove && options.mounts.some(({ type }) => type === 'volume')

/** The container is removed by its monitor, its anonymous volumes by whoever looks next. */
const thenSweep = async (ended: Promise<number>, store: Store): Promise<number> => {
  const code = await ended
  await sweepVolumes(store)
  return code
}
