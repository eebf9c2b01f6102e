import { exitCode } from '../../foundation/errors/index.ts'
import type { ResolvedUser } from '../bundle/index.ts'
import { hostId, type IdMapping } from '../userns/index.ts'
import { ContainerError } from './errors.ts'
import { translatesIds } from './namespaces.ts'
import type { Container } from './types.ts'

/**
 * Nobody can become what the container's user namespace does not have; of that the kernel would only say EINVAL. Throws
 * `start-failed` (exit code 126).
 */
export const requireMapped = (
  { record: { name, options } }: Pick<Container, 'record'>,
  { uid, gid, additionalGids }: Pick<ResolvedUser, 'uid' | 'gid' | 'additionalGids'>,
): void => {
  const { userNamespace } = options
  if (!userNamespace || !translatesIds(options)) return
  const lacks = (maps: readonly IdMapping[]) => (id: number) => hostId(maps, id) === undefined
  const refuse = (what: string, id: number, maps: readonly IdMapping[]): never => {
    throw new ContainerError(
      'start-failed',
      `exec in container ${name}: its user namespace has no ${what} ${id}, only ${shown(maps)}`,
      {
        exitCode: exitCode.notExecutable,
        hint: `name another ${what}, or run the container with more ids: --userns=auto:size=${id + 1}`,
      },
    )
  }
  if (lacks(userNamespace.uids)(uid)) refuse('user', uid, userNamespace.uids)
  const group = [gid, ...additionalGids].find(lacks(userNamespace.gids))
  if (group !== undefined) refuse('group', group, userNamespace.gids)
}

const shown = (maps: readonly IdMapping[]): string =>
  maps
    .filter(({ size }) => size > 0)
    .map(({ containerID, size }) => `${containerID}-${containerID + size - 1}`)
    .join(', ')
