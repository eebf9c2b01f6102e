import type { FileTree } from '../../foundation/filetree/index.ts'

/** Time of the newest regular file of a tree, in seconds; undefined when it has none. */
export const newestFile = (tree: FileTree): number | undefined => {
  let newest: number | undefined
  const pending = ['']
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    for (const entry of tree.children(path)) {
      if (entry.type === 'directory') pending.push(entry.path)
      else if (entry.type === 'file') newest = Math.max(newest ?? entry.mtime, entry.mtime)
    }
  }
  return newest
}
