import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { acquireLock } from '../../foundation/sys/index.ts'
import { type ContainerStore, readImageFile, resolveImageUser } from '../../runtime/container/index.ts'
import {
  type IdRange,
  idsOfDatabases,
  parseSubordinateIds,
  settleUserNamespace,
  type UserNamespace,
  type UserNamespaceWish,
} from '../../runtime/userns/index.ts'
import type { Image } from '../../store/image/index.ts'
import type { SnapshotStore } from '../../store/snapshot/index.ts'

export interface UserNamespaceRequest {
  readonly wish: UserNamespaceWish
  readonly containers: ContainerStore
  readonly snapshots: SnapshotStore
  readonly image: Image
  /** `user[:group]` of the container. */
  readonly user: string
  readonly runRoot: HostPath
}

/** Ids that nobody else gets: the container's record is to be there before this is disposed of, and keeps them from then on. */
export interface ClaimedUserNamespace {
  readonly userNamespace: UserNamespace | undefined
  [Symbol.dispose](): void
}

/** Throws `bad-userns`, `no-free-ids`, `no-such-container`. */
export const claimUserNamespace = async (request: UserNamespaceRequest): Promise<ClaimedUserNamespace> => {
  const { wish, containers } = request
  mkdirSync(request.runRoot, { recursive: true, mode: 0o700 })
  const lock = await acquireLock(join(request.runRoot, 'ids.lock'))
  try {
    const userNamespace = settleUserNamespace(wish, {
      ranges: () => rangesOf(wish.kind === 'auto' ? wish.ids : undefined),
      subordinate: () => ({ subuid: read('/etc/subuid'), subgid: read('/etc/subgid') }),
      others: () => containers.list().flatMap(({ record }) => record.options.userNamespace ?? []),
      needed: () => needed(request),
      of: (name) => {
        const { record } = containers.find(name)
        return { id: record.id, userNamespace: record.options.userNamespace }
      },
    })
    return { userNamespace, [Symbol.dispose]: () => lock.release() }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Whose ids podman gives away, too. */
const owner = 'containers'

const rangesOf = (
  configured: string | undefined,
): { readonly uids: readonly IdRange[]; readonly gids: readonly IdRange[] } => {
  const own = configured === undefined ? undefined : parseSubordinateIds(`own:${configured}`, 'own')
  if (own?.length === 0)
    throw new AppError('bad-userns', `read TSBUILD_USERNS_IDS: expected START:SIZE, found ${configured}`, {
      exitCode: exitCode.engine,
    })
  const uids = own ?? parseSubordinateIds(read('/etc/subuid'), owner)
  const gids = own ?? parseSubordinateIds(read('/etc/subgid'), owner)
  if (uids.length > 0 && gids.length > 0) return { uids, gids }
  throw new AppError(
    'no-free-ids',
    `find free ids: ${uids.length > 0 ? '/etc/subgid' : '/etc/subuid'} has none of "${owner}"`,
    {
      exitCode: exitCode.engine,
      hint: `add the line ${owner}:2147483648:1073741824 to /etc/subuid and /etc/subgid, or set TSBUILD_USERNS_IDS=2147483648:1073741824`,
    },
  )
}

const read = (path: HostPath): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return ''
    throw error
  }
}

const needed = ({ snapshots, image, user }: UserNamespaceRequest): number => {
  const view = snapshots.union(image.stack)
  const { uid, gid } = resolveImageUser(user, () => view)
  return idsOfDatabases({
    passwd: readImageFile(view, 'etc/passwd'),
    group: readImageFile(view, 'etc/group'),
    own: [uid, gid],
  })
}
