import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { type ContainerMount, type ContainerStore, isReadonlyMount } from '../../runtime/container/index.ts'

/**
 * The mounts of other containers, `CONTAINER[:ro|rw]` each; of two at one place the later one counts. What --tmpfs made is not
 * theirs to give. Throws `no-such-container` and `usage`.
 */
export const mountsFrom = (
  containers: ContainerStore,
  words: readonly string[],
): readonly ContainerMount[] => {
  const found = new Map<string, ContainerMount>()
  for (const word of words) {
    const [name = '', mode, ...more] = word.split(':')
    if (name === '' || more.length > 0 || (mode !== undefined && !modes.has(mode)))
      throw new AppError('usage', `--volumes-from ${JSON.stringify(word)}: expected CONTAINER[:ro|rw]`, {
        exitCode: exitCode.engine,
      })
    for (const mount of containers.find(name).record.options.mounts) {
      if (mount.type === 'tmpfs' && !mount.byMount) continue
      found.set(mount.destination, mode === 'ro' ? asReadonly(mount) : mount)
    }
  }
  return [...found.values()]
}

const modes: ReadonlySet<string> = new Set(['', 'ro', 'rw', 'z', 'Z'])

const asReadonly = (mount: ContainerMount): ContainerMount =>
  isReadonlyMount(mount) ? mount : { ...mount, options: [...mount.options, 'ro'], mode: 'ro' }
