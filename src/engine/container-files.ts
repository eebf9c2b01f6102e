import { byCodeUnit, type FileTree } from '../foundation/filetree/index.ts'
import { type ContainerConfig, hostPlatform, type Platform, parseReference } from '../foundation/oci/index.ts'
import {
  type Container,
  isPaused,
  openContainerStore,
  pauseContainer,
  recordEvent,
  unpauseContainer,
} from '../runtime/container/index.ts'
import { exportTar, privateFile, writeTargetFile } from '../store/archive/index.ts'
import type { Image } from '../store/image/index.ts'
import type { LayerId } from '../store/snapshot/index.ts'
import { configOfChanges } from './images-changes.ts'
import type { SaveTarget } from './images-transfer.ts'
import type { Store } from './store.ts'

/** One path that a container has added, changed or deleted, with its leading slash. */
export interface FileChange {
  readonly kind: 'A' | 'C' | 'D'
  readonly path: string
}

/** What the container that `name` finds has changed in its root, sorted by path. Volumes are no part of it. Throws `no-such-container`. */
export const changesOf = async (store: Store, name: string): Promise<readonly FileChange[]> => {
  const { id, stack } = openContainerStore(store.root).find(name).record
  const below = store.snapshots.union(stack)
  // One that was never started may not have its file system yet.
  await store.snapshots.ensureOwned(id, stack)
  const entries = store.snapshots.changesOf(id)
  const said = new Set(entries.map((entry) => entry.path))
  const changes = entries.flatMap((entry): readonly FileChange[] => {
    if (entry.path === '') return []
    if (entry.kind === 'whiteout') return [change('D', entry.path)]
    const hidden = entry.opaque ? childrenOf(below, entry.path).filter((path) => !said.has(path)) : []
    return [
      change(below.lookup(entry.path) ? 'C' : 'A', entry.path),
      ...hidden.map((path) => change('D', path)),
    ]
  })
  return changes.sort((a, b) => byCodeUnit(a.path, b.path))
}

const change = (kind: FileChange['kind'], path: string): FileChange => ({ kind, path: `/${path}` })

const childrenOf = (tree: FileTree, path: string): readonly string[] =>
  tree.lookup(path)?.type === 'directory' ? tree.children(path).map((child) => child.path) : []

/** The root of the container that `name` finds as a plain tar, without what is mounted in it. Throws `no-such-container`, `archive-io`. */
export const exportContainer = async (store: Store, name: string, target: SaveTarget): Promise<void> => {
  using lease = await store.lease()
  const containers = openContainerStore(store.root)
  const { record } = containers.find(name)
  const { id, stack } = record
  lease.hold(stack)
  recordEvent(containers.journal, record, 'export')
  const whole = [...stack, await captured(store, id, stack)]
  lease.hold(whole)
  if (target.kind === 'sink') exportTar(store, whole, target.sink)
  else
    await writeTargetFile(
      target.path,
      async (sink) => {
        exportTar(store, whole, sink)
      },
      privateFile,
    )
}

const captured = async (store: Store, id: string, stack: readonly LayerId[]): Promise<LayerId> => {
  await store.snapshots.ensureOwned(id, stack)
  return store.snapshots.commitOwned(id)
}

export interface CommitWish {
  /** `NAME[:TAG]` */
  readonly name?: string
  readonly author?: string
  readonly message?: string
  /** Instructions of a Dockerfile. */
  readonly changes: readonly string[]
  /** Nothing runs in the container while it is read. */
  readonly pause: boolean
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Makes an image of a container: what it has changed becomes a layer, what it was started with the config. Volumes are no part of
 * it. Throws `no-such-container`, `bad-reference`, and for wrong changes `usage` and `DiagnosticError`.
 */
export const commitContainer = async (store: Store, name: string, wish: CommitWish): Promise<Image> => {
  const reference = wish.name === undefined ? undefined : parseReference(wish.name)
  using lease = await store.lease()
  const containers = openContainerStore(store.root)
  const container = containers.find(name)
  const { id, stack, imageId } = container.record
  lease.hold(stack)
  const base = store.images.resolve(imageId)
  const { architecture, os, variant } = base?.config ?? hostPlatform()
  const platform = { architecture, os, ...(variant === undefined ? {} : { variant }) }
  const config = await configOf(container, wish.changes, platform)
  const tell = (action: string, attributes: Readonly<Record<string, string>> = {}): void =>
    recordEvent(containers.journal, container.record, action, attributes)
  const layer = await whilePaused(container, wish.pause, tell, () => captured(store, id, stack))
  lease.hold([layer])
  const created = new Date(wish.now).toISOString()
  const said = {
    ...(wish.author === undefined ? {} : { author: wish.author }),
    ...(wish.message === undefined ? {} : { comment: wish.message }),
  }
  const history = historyOf(base, stack.length)
  const image = await store.images.create(
    {
      ...platform,
      created,
      ...(wish.author === undefined ? {} : { author: wish.author }),
      config,
      history: [...history, { created, created_by: container.record.args.join(' '), ...said }],
    },
    [...stack, layer],
  )
  if (reference) store.images.tag(reference, image)
  tell('commit', { comment: wish.message ?? '', imageID: image.id, imageRef: wish.name ?? '' })
  return image
}

/** An image that has none, or is gone, still has layers that the history must name. */
const historyOf = (base: Image | undefined, layers: number) => {
  const history = base?.config.history ?? []
  const made = history.filter((entry) => !entry.empty_layer).length
  return made === layers ? history : Array.from({ length: layers }, () => ({ created_by: '' }))
}

const whilePaused = async <T>(
  container: Container,
  pause: boolean,
  tell: (action: string) => void,
  work: () => Promise<T>,
): Promise<T> => {
  if (!pause || container.status.kind !== 'running' || isPaused(container)) return work()
  pauseContainer(container)
  tell('pause')
  try {
    return await work()
  } finally {
    unpauseContainer(container)
    tell('unpause')
  }
}

/** The container's own settings with the changes on top; lists and tables are joined, the rest is replaced, as in a Dockerfile. */
const configOf = async (
  { record }: Container,
  instructions: readonly string[],
  platform: Platform,
): Promise<ContainerConfig> => {
  const { options } = record
  const { config, command, entrypoint, workdir, user } = options
  const own: ContainerConfig = {
    ...config,
    User: user,
    ...(command?.length ? { Cmd: command } : {}),
    ...(entrypoint === undefined ? {} : { Entrypoint: entrypoint }),
    ...(workdir === undefined ? {} : { WorkingDir: workdir }),
  }
  const changes = await configOfChanges(instructions, platform)
  const { Env: _, Labels: __, ExposedPorts: ___, Volumes: ____, OnBuild: _____, ...plain } = changes
  return {
    ...own,
    ...plain,
    Env: joinedEnv(own.Env ?? [], changes.Env ?? []),
    ...given('Labels', { ...own.Labels, ...changes.Labels }),
    ...given('ExposedPorts', { ...own.ExposedPorts, ...changes.ExposedPorts }),
    ...given('Volumes', { ...own.Volumes, ...changes.Volumes }),
    ...(changes.OnBuild ? { OnBuild: [...(own.OnBuild ?? []), ...changes.OnBuild] } : {}),
  }
}

const given = <K extends string, V extends object>(key: K, value: V) =>
  Object.keys(value).length === 0 ? {} : { [key]: value }

const joinedEnv = (own: readonly string[], added: readonly string[]): readonly string[] => {
  const byName = new Map<string, string>()
  for (const variable of [...own, ...added]) byName.set(variable.split('=', 1)[0] ?? '', variable)
  return [...byName.values()]
}
