import { closeSync, constants, openSync, readSync } from 'node:fs'
import { AppError } from '../../foundation/errors/index.ts'
import type { FileTree } from '../../foundation/filetree/index.ts'
import { type ResolvedUser, resolveUser } from '../../runtime/bundle/index.ts'

/** Larger user databases are refused: an image must not be able to exhaust the builder (CVE-2026-47262). */
const limit = 4 << 20

/** Looks up `user[:group]` in the tree's own passwd and group; symlinks are resolved inside the tree. */
export const lookUpUser = (tree: FileTree, user: string): ResolvedUser =>
  resolveUser(user, readDatabase(tree, 'etc/passwd'), readDatabase(tree, 'etc/group'))

/** What --chown, or a WORKDIR under USER, makes the owner. */
export interface LookedUpOwner {
  readonly uid: number
  readonly gid: number
  /** What was not found, for the user. */
  readonly warning?: string
}

/**
 * Owner of files by docker's rules: a number is that id and the group of the same number; a name that is not there is root, and
 * a group that is not there is the user's; `user:` is group 0.
 */
export const lookUpOwner = (tree: FileTree, owner: string): LookedUpOwner => {
  const colon = owner.indexOf(':')
  const name = colon < 0 ? owner : owner.slice(0, colon)
  const group = colon < 0 ? undefined : owner.slice(colon + 1)
  const user = lookUpName(name, (named) => {
    const { uid, gid } = lookUpUser(tree, named)
    return { uid, gid }
  })
  const { uid, gid } = user ?? { uid: 0, gid: 0 }
  const found =
    group === undefined
      ? gid
      : lookUpName(group, (named) => ({ uid, gid: lookUpUser(tree, `:${named}`).gid }))?.gid
  const missing = [
    ...(user ? [] : [`user ${JSON.stringify(name)}`]),
    ...(found === undefined ? [`group ${JSON.stringify(group)}`] : []),
  ]
  if (missing.length === 0) return { uid, gid: found ?? gid }
  return {
    uid,
    gid: found ?? gid,
    warning: `the image has no ${missing.join(' and no ')}: the owner of the files is ${uid}:${found ?? gid}`,
  }
}

/** 2^32 - 1 means "no change" to chown(2). */
const maxId = 0xffff_fffe

/** Undefined for a name that is not there. */
const lookUpName = (
  text: string,
  find: (name: string) => { readonly uid: number; readonly gid: number },
): { readonly uid: number; readonly gid: number } | undefined => {
  if (text === '') return { uid: 0, gid: 0 }
  if (/^\+?\d+$/.test(text)) {
    const id = Number(text)
    return id <= maxId ? { uid: id, gid: id } : undefined
  }
  try {
    return find(text)
  } catch (error) {
    if (error instanceof AppError && /^unknown-|^invalid-user$/.test(error.code)) return undefined
    throw error
  }
}

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
