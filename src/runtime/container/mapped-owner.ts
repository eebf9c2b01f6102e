import type { NewOwner } from '../../foundation/native/index.ts'
import { hostId, type IdMapping } from '../userns/index.ts'
import { translatesIds } from './namespaces.ts'
import type { ContainerOptions } from './types.ts'

type Mapped = Pick<ContainerOptions, 'userNamespace'>

/** What files get that come into the container as this owner of it, or (undefined) as the owners that they have. */
export const ownerInside = (
  options: Mapped,
  owner?: { readonly uid: number; readonly gid: number },
): NewOwner | undefined => {
  const { userNamespace } = options
  if (!userNamespace || !translatesIds(options)) return owner
  const { uids, gids } = userNamespace
  const out = ({ containerID, hostID, size }: IdMapping) => ({ from: containerID, to: hostID, size })
  if (!owner) return { uids: uids.map(out), gids: gids.map(out) }
  return { uid: hostIdOf(uids, owner.uid), gid: hostIdOf(gids, owner.gid) }
}

/** What files get that leave the container with the owners that they have there. */
export const ownerOutside = (options: Mapped): NewOwner | undefined => {
  const { userNamespace } = options
  if (!userNamespace || !translatesIds(options)) return undefined
  const back = ({ containerID, hostID, size }: IdMapping) => ({ from: hostID, to: containerID, size })
  return { uids: userNamespace.uids.map(back), gids: userNamespace.gids.map(back) }
}

/** Nobody's, when the container has no such id. */
const hostIdOf = (maps: readonly IdMapping[], id: number): number => hostId(maps, id) ?? 65_534
