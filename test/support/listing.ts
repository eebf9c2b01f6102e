import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { byCodeUnit, type FileTree, fsPath, type TreeEntry } from '../../src/foundation/filetree/index.ts'
import { scanTree } from '../../src/foundation/native/index.ts'
import { belongsInLayer } from '../../src/store/layer/index.ts'

/** What is compared of one path, as one line. Times that the test did not set (after 2020) are not compared. */
const lineOf = (entry: TreeEntry, content: string, group: string): string => {
  const xattrs = [...(entry.xattrs ?? [])]
    .filter(([name]) => belongsInLayer(name))
    .map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`)
    .sort(byCodeUnit)
  const mode = entry.type === 'symlink' ? '' : entry.mode.toString(8)
  const time = entry.mtime > 1_577_836_800 ? 'now' : `${entry.mtime}`
  const device = entry.type === 'char' || entry.type === 'block' ? `${entry.major}:${entry.minor}` : ''
  return [
    `/${entry.path}`,
    entry.type,
    mode,
    `${entry.uid}:${entry.gid}`,
    entry.type === 'directory' ? '' : time,
    entry.linkName ?? '',
    device,
    content,
    group,
    ...xattrs,
  ].join(' | ')
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16)

/** Names of hard link groups that do not depend on inode numbers: the first path of the group. */
const groupsOf = (entries: readonly TreeEntry[]): ((entry: TreeEntry) => string) => {
  const first = new Map<string, string>()
  const count = new Map<string, number>()
  for (const { inode, path, type } of entries) {
    if (inode === undefined || type !== 'file') continue
    if (!first.has(inode)) first.set(inode, path)
    count.set(inode, (count.get(inode) ?? 0) + 1)
  }
  return ({ inode, type }) =>
    inode !== undefined && type === 'file' && (count.get(inode) ?? 0) > 1 ? `=${first.get(inode)}` : ''
}

const sorted = (entries: readonly TreeEntry[]): readonly TreeEntry[] =>
  [...entries].filter((entry) => entry.type !== 'socket').sort((a, b) => byCodeUnit(a.path, b.path))

/** Everything under a directory, a line each. */
export const listDirectory = (root: string): readonly string[] => {
  const entries = sorted(scanTree(root))
  const group = groupsOf(entries)
  return entries.map((entry) =>
    lineOf(
      entry,
      entry.type === 'file' ? sha256(readFileSync(fsPath(join(root, entry.path)))) : '',
      group(entry),
    ),
  )
}

/** The same of a `FileTree`. */
export const listTree = (tree: FileTree): readonly string[] => {
  const root = tree.lookup('')
  const below = (path: string): readonly TreeEntry[] =>
    tree
      .children(path)
      .flatMap((entry) => (entry.type === 'directory' ? [entry, ...below(entry.path)] : [entry]))
  const entries = sorted(root ? [root, ...below('')] : [])
  const group = groupsOf(entries)
  return entries.map((entry) =>
    lineOf(entry, entry.type === 'file' ? tree.contentDigest(entry).slice(0, 16) : '', group(entry)),
  )
}
