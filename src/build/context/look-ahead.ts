import { AppError } from '../../foundation/errors/index.ts'
import { listDirectories } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { decodeBlocks } from './load-stat-cache.ts'
import { inOrder, type PackedNames } from './packed-names.ts'

/** Fewer directories are looked at faster than a process is started. */
const worthAsking = 200
/** How many are asked for at once: what is known of their files is in memory until they are listed. */
const most = 2000

/**
 * Has the helper look at many directories at once, in threads. Goes through them in order; undefined for those that have to be
 * listed without it.
 */
export function* lookAhead(
  root: HostPath,
  directories: readonly string[],
): Generator<readonly [directory: string, seen: PackedNames | undefined]> {
  for (let from = 0; from < directories.length; from += most) {
    const some = directories.slice(from, from + most)
    const blocks = some.length < worthAsking ? undefined : ask(root, some)
    for (const directory of some) {
      const seen: PackedNames | undefined = blocks?.next().value
      yield [directory, seen && inOrder(seen)]
    }
  }
}

const ask = (
  root: HostPath,
  directories: readonly string[],
): Iterator<PackedNames | undefined> | undefined => {
  try {
    return decodeBlocks(listDirectories(root === '' ? '/' : root, directories))
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}
