import type { FileTree, TreeEntry } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { createLayerTarWriter, createUnpacker, type LayerTarWriter } from '../layer/index.ts'

/**
 * Makes files in an empty directory. They go through the tar that they would be, so that there is one piece of code
 * that makes files with hostile names, and it has been looked at.
 */
export const writeEntries = (directory: HostPath, add: (writer: LayerTarWriter) => void): void => {
  const unpacker = createUnpacker(directory)
  try {
    const writer = createLayerTarWriter((chunk) => unpacker.parser.push(chunk))
    add(writer)
    writer.finish()
    unpacker.parser.end()
    unpacker.finish()
  } finally {
    unpacker.abort()
  }
}

/** A whole tree, its root included, in tree order. */
export const addTree = (tree: FileTree, writer: LayerTarWriter): void => {
  const root = tree.lookup('')
  const pending: TreeEntry[] = root ? [root] : []
  const firstOf = new Map<string, string>()
  for (let entry = pending.pop(); entry; entry = pending.pop()) {
    const { inode, ...plain } = entry
    const hardlink = inode === undefined ? undefined : firstOf.get(inode)
    if (inode !== undefined && hardlink === undefined) firstOf.set(inode, entry.path)
    if (hardlink !== undefined) writer.add({ ...plain, kind: 'add', hardlink })
    else if (entry.type === 'file') writer.add({ ...plain, kind: 'add' }, tree.content(entry))
    else writer.add({ ...plain, kind: 'add' })
    if (entry.type === 'directory') pending.push(...tree.children(entry.path).toReversed())
  }
}
