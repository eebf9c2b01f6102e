import type { FileTree, TreeEntry } from '../../src/foundation/filetree/index.ts'

/** Every path of a tree with all that is known of it, one line each; hard links by the first path of their inode. */
export const mergedListing = (tree: FileTree): readonly string[] => {
  const first = new Map<string, string>()
  const lines: string[] = []
  const visit = (entry: TreeEntry): void => {
    const link = entry.inode === undefined ? undefined : first.get(entry.inode)
    if (entry.inode !== undefined && link === undefined) first.set(entry.inode, entry.path)
    const xattrs = [...(entry.xattrs ?? [])].map(
      ([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`,
    )
    const device = entry.major === undefined ? '' : `${entry.major}:${entry.minor ?? 0}`
    lines.push(
      [
        entry.path,
        entry.type,
        entry.mode.toString(8),
        `${entry.uid}:${entry.gid}`,
        entry.mtime,
        entry.size,
        entry.linkName ?? '',
        device,
        link ?? '',
        entry.type === 'file' ? tree.contentDigest(entry) : '',
        ...xattrs,
      ].join(' '),
    )
    if (entry.type === 'directory') for (const child of tree.children(entry.path)) visit(child)
  }
  const root = tree.lookup('')
  if (root) visit(root)
  return lines
}
