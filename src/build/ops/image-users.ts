import { closeSync, constants, openSync, readSync } from 'node:fs'
import { AppError } from '../../foundation/errors/index.ts'
import type { FileTree } from '../../foundation/filetree/index.ts'
import { type ResolvedUser, resolveUser } from '../../runtime/bundle/index.ts'

/** Larger user databases are refused: an image must not be able to exhaust the builder (CVE-2026-47262). */
const limit = 4 << 20

/** Looks up `user[:group]` in the tree's own passwd and group; symlinks are resolved inside the tree. */
export const lookUpUser = (tree: FileTree, user: string): ResolvedUser =>
  resolveUser(user, readDatabase(tree, 'etc/passwd'), readDatabase(tree, 'etc/group'))

/** Owner that --chown or a WORKDIR under USER names. As in docker, a number without a group is the group's number too. */
export const lookUpOwner = (tree: FileTree, owner: string): ResolvedUser =>
  lookUpUser(tree, /^\d+$/.test(owner) ? `${owner}:${owner}` : owner)

const readDatabase = (tree: FileTree, path: string): string | undefined => {
  const entry = tree.lookup(path, { follow: true })
  if (entry?.type !== 'file') return undefined
  if (entry.size > limit) {
    throw new AppError(
      'user-database-too-large',
      `read /${path} of the image: ${entry.size} bytes, at most ${limit} are accepted`,
    )
  }
  const content = tree.content(entry)
  if (content.kind === 'bytes') return Buffer.from(content.bytes).toString('utf8')
  const fd = openSync(content.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const bytes = Buffer.alloc(content.size)
    const got = readSync(fd, bytes, 0, content.size, content.offset)
    return bytes.subarray(0, got).toString('utf8')
  } finally {
    closeSync(fd)
  }
}
