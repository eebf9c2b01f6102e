import { closeSync, constants, openSync, readSync } from 'node:fs'
import { exitCode } from '../../foundation/errors/index.ts'
import type { FileTree } from '../../foundation/filetree/index.ts'
import { type ResolvedUser, resolveGroup, resolveUser } from '../bundle/index.ts'
import { ContainerError } from './errors.ts'

/** Larger user databases are refused: an image must not be able to exhaust this process (CVE-2026-47262). */
export const userDatabaseLimit = 4 << 20

/**
 * Looks `user[:group]` and further groups up in an image's own passwd and group. Throws what `resolveUser` throws, and
 * `file-too-large`.
 */
export const resolveImageUser = (
  user: string,
  tree: () => FileTree,
  moreGroups: readonly string[] = [],
): ResolvedUser => {
  const view = tree()
  const group = readImageFile(view, 'etc/group')
  const resolved = resolveUser(user, readImageFile(view, 'etc/passwd'), group)
  const more = moreGroups.map((name) => resolveGroup(name, group))
  return { ...resolved, additionalGids: [...new Set([...resolved.additionalGids, ...more])] }
}

/** A small file of an image, or undefined when there is none. Throws `file-too-large`. */
export const readImageFile = (tree: FileTree, path: string): string | undefined => {
  const entry = tree.lookup(path, { follow: true })
  if (entry?.type !== 'file') return undefined
  if (entry.size > userDatabaseLimit) {
    throw new ContainerError(
      'file-too-large',
      `read /${path} of the image: ${entry.size} bytes, at most ${userDatabaseLimit} are accepted`,
      { exitCode: exitCode.engine },
    )
  }
  const content = tree.content(entry)
  if (content.kind === 'bytes') return Buffer.from(content.bytes).toString('utf8')
  const fd = openSync(content.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const bytes = Buffer.alloc(content.size)
    const length = readSync(fd, bytes, 0, content.size, content.offset)
    return bytes.toString('utf8', 0, length)
  } finally {
    closeSync(fd)
  }
}
