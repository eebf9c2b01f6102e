import type { HostPath } from '../foundation/oci/index.ts'
import { openContainerStore } from '../runtime/container/index.ts'
import type { ImageUser, ImageUsers } from './images-removal.ts'

/** Tells which containers of the store at `root` were made from an image, or have it mounted. Looks once, at the first question. */
export const imageUsersIn = (root: HostPath): ImageUsers => {
  let users: ReadonlyMap<string, readonly ImageUser[]> | undefined
  return (image) => {
    users ??= usersByImage(root)
    return users.get(image.id) ?? []
  }
}

const usersByImage = (root: HostPath): ReadonlyMap<string, readonly ImageUser[]> => {
  const users = new Map<string, ImageUser[]>()
  for (const { record, status } of openContainerStore(root).list()) {
    const mounted = record.options.mounts.flatMap((mount) => (mount.type === 'image' ? [mount.imageId] : []))
    for (const id of new Set([record.imageId, ...mounted])) {
      const known = users.get(id) ?? []
      known.push({ container: record.name, running: status.kind === 'running' })
      users.set(id, known)
    }
  }
  return users
}
