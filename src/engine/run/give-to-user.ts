import { resolve } from 'node:path'
import { exitCode } from '../../foundation/errors/index.ts'
import { giveTree } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import {
  type Container,
  ContainerError,
  type ContainerMount,
  ownerInside,
} from '../../runtime/container/index.ts'
import type { MountWish } from './mounts.ts'

/**
 * What is mounted with `U` goes to the container's user, with all that is below. `directoryOf` finds a volume. Throws `bad-mount` for
 * the root of the host.
 */
export const giveToUser = (
  settled: readonly { readonly wish: MountWish; readonly mount: ContainerMount }[],
  { record }: Container,
  directoryOf: (volume: string) => HostPath | undefined = () => undefined,
): void => {
  for (const { wish, mount } of settled) {
    if (!wish.chown) continue
    const path =
      mount.type === 'volume' ? directoryOf(mount.name) : mount.type === 'bind' ? mount.source : undefined
    if (path === undefined) continue
    if (resolve(path) === '/')
      throw new ContainerError('bad-mount', "give / to the container's user: it is the root of the host", {
        exitCode: exitCode.engine,
      })
    const { uid, gid } = record.options.resolvedUser
    // With `idmap` the host sees the same ids as the container.
    const options = mount.options.includes('idmap') ? {} : record.options
    const owner = ownerInside(options, { uid, gid })
    if (owner) giveTree(path, owner)
  }
}
