import type { FileTree, TreeEntry } from '../../foundation/filetree/index.ts'

/** An entry and everything below it, parents first, siblings in code unit order; no recursion, so depth costs no stack. */
export function* walkTree(tree: FileTree, path: string): Iterable<TreeEntry> {
  const top = tree.lookup(path)
  const pending = top === undefined ? [] : [top]
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    yield entry
    if (entry.type === 'directory') pending.push(...[...tree.children(entry.path)].reverse())
  }
}
