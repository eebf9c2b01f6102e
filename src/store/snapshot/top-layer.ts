import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { TreeEntry } from '../../foundation/filetree/index.ts'
import { digestOf, type HostPath, hexOf } from '../../foundation/oci/index.ts'
import { ownedName } from '../../foundation/sys/index.ts'
import { addDirectories } from './described-parents.ts'
import type { RootAttributes } from './layer-record.ts'
import type { LowerLayer } from './mounts-images.ts'
import { makeRoot, plainRoot, rootOfStack, rootOnDisk, sameRoot } from './root-attributes.ts'
import { moveToTrash } from './trash.ts'
import type { Stack } from './types.ts'
import { markVolatile } from './volatile.ts'
import type { Workshop } from './workshop.ts'
import { writeEntries } from './write-entries.ts'

/**
 * What a read-only mount of the stack needs on top so that it shows the right root and the right parents: a small tree
 * of directories, made once per stack. A writable state has them in its upperdir. Undefined for most stacks.
 */
export const topLayer = (
  shop: Workshop,
  stack: Stack,
  {
    lower,
    directories,
  }: { readonly lower: readonly LowerLayer[]; readonly directories: readonly TreeEntry[] },
): HostPath | undefined => {
  const root = rootOfStack(shop, stack)
  const [top] = lower
  if (directories.length === 0 && top !== undefined && sameRoot(root, rootOfLower(shop, stack, top)))
    return undefined
  const target = join(shop.paths.merged, `top-${hexOf(digestOf(stack.join('\n')))}`)
  if (existsSync(target)) return target
  const staged = join(shop.paths.active, ownedName())
  mkdirSync(staged, { mode: 0o700 })
  try {
    makeRoot(join(staged, 'tree'), root)
    writeEntries(join(staged, 'tree'), (writer) => addDirectories(directories, writer))
    markVolatile(shop.paths, 'merged')
    renameSync(join(staged, 'tree'), target)
  } catch (error) {
    const errno = errnoOf(error)
    if (errno !== 'ENOTEMPTY' && errno !== 'EEXIST') throw error
  } finally {
    moveToTrash(shop.paths, staged)
  }
  return target
}

/** An image is made of what is written down of its layer. */
const rootOfLower = (shop: Workshop, stack: Stack, { path, image }: LowerLayer): RootAttributes => {
  const top = stack.at(-1)
  if (image === undefined || top === undefined) return rootOnDisk(path)
  return shop.layers.facts(top)?.root ?? plainRoot
}
