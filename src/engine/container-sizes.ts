import type { HostPath } from '../foundation/oci/index.ts'
import { type Container, isLive, openContainerStore, removeContainer } from '../runtime/container/index.ts'
import { imageSize } from './images-list.ts'
import type { Store } from './store.ts'

/** Bytes, as docker counts them. */
export interface ContainerSize {
  /** Of the files that it has changed or added, whole; one with several names once. */
  readonly own: number
  /** The same with its image. */
  readonly whole: number
}

/** What a container takes on the disk. */
export const sizeOf = (store: Store, container: Container): ContainerSize => {
  const own = ownSize(store, container)
  const image = store.images.resolve(container.record.imageId)
  return { own, whole: own + (image ? imageSize(store.snapshots, image) : 0) }
}

const ownSize = ({ snapshots }: Store, { record }: Container): number => {
  let size = 0
  for (const entry of changesOf(snapshots, record.id))
    if (entry.kind === 'add' && entry.type === 'file' && entry.hardlink === undefined) size += entry.size
  return size
}

/** None where it has no file system yet, or goes at this moment. */
const changesOf = (snapshots: Store['snapshots'], id: string): ReturnType<typeof snapshots.changesOf> => {
  try {
    return snapshots.changesOf(id)
  } catch {
    return []
  }
}

export interface PrunedContainers {
  readonly ids: readonly string[]
  /** Bytes. */
  readonly reclaimed: number
}

/** Removes containers that do not run, and that `isMeant` says yes to. What cannot be removed now is left. */
export const pruneContainers = async (
  store: Store & { readonly root: HostPath },
  isMeant: (container: Container) => boolean,
): Promise<PrunedContainers> => {
  const containers = openContainerStore(store.root)
  const ids: string[] = []
  let reclaimed = 0
  for (const container of containers.list()) {
    if (isLive(container.status) || !isMeant(container)) continue
    const size = ownSize(store, container)
    try {
      await removeContainer({ containers, container, force: false })
    } catch {
      // It has just been started, or somebody else removes it.
      continue
    }
    ids.push(container.record.id)
    reclaimed += size
  }
  return { ids, reclaimed }
}
