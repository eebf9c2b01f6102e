import { createHash } from 'node:crypto'
import { baseOf, byCodeUnit, type FileTree, type TreeEntry } from '../../foundation/filetree/index.ts'

/** Changes whenever the encoding changes, so that digests of different versions never meet. */
const version = 'tsbuild.tree.v1'

/**
 * Digest (lower-case hex) of an entry with everything below it: names, types, modes, owners, link targets, device
 * numbers, attributes, contents. Not times, not sizes (they follow from contents), not hard links.
 */
export const treeDigestOf = (tree: DigestedTree, entry: TreeEntry): string =>
  createHash('sha256')
    .update(`${version}\n${describe(tree, entry)}`)
    .digest('hex')

/** A tree may know the digests of its directories, for example because it has not changed since they were taken. */
export interface DigestedTree extends FileTree {
  childrenDigest?(directory: TreeEntry): string
}

/** The same for the content of a directory alone, without the directory's own mode and owner. */
export const childrenDigestOf = (tree: DigestedTree, directory: TreeEntry): string =>
  tree.childrenDigest?.(directory) ?? computeChildrenDigest(tree, directory)

/** `childrenDigestOf` for the tree itself: what it knows of this directory is not asked for. */
export const computeChildrenDigest = (tree: DigestedTree, directory: TreeEntry): string => {
  const hash = createHash('sha256').update(`${version}\n`)
  let lines = ''
  for (const child of tree.children(directory.path)) {
    lines += `${quote(baseOf(child.path))} ${describe(tree, child)}\n`
  }
  return hash.update(lines).digest('hex')
}

const describe = (tree: DigestedTree, entry: TreeEntry): string =>
  `${entry.type} ${entry.mode} ${entry.uid} ${entry.gid}${substance(tree, entry)}${attributes(entry)}`

const substance = (tree: DigestedTree, entry: TreeEntry): string => {
  switch (entry.type) {
    case 'file':
      return ` ${tree.contentDigest(entry)}`
    case 'directory':
      return ` ${childrenDigestOf(tree, entry)}`
    case 'symlink':
      return ` ${quote(entry.linkName ?? '')}`
    case 'char':
    case 'block':
      return ` ${entry.major ?? 0}:${entry.minor ?? 0}`
    case 'fifo':
    case 'socket':
      return ''
  }
}

const attributes = (entry: TreeEntry): string => {
  if (entry.xattrs === undefined) return ''
  const sorted = [...entry.xattrs].sort(([a], [b]) => byCodeUnit(a, b))
  return sorted.map(([name, value]) => ` ${quote(name)}=${Buffer.from(value).toString('hex')}`).join('')
}

/** Quoted as JSON: no two lists of names share an encoding, and names that are not UTF-8 (lone surrogates) stay apart. */
const quote = (text: string): string => JSON.stringify(text)
