import { type FileTree, joinInRoot, type TreeEntry } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import {
  type ApplyOptions,
  createLayerTarWriter,
  createUnpacker,
  type LayerTarWriter,
} from '../layer/index.ts'

/**
 * Makes files in an empty directory. They go through the tar that they would be, so that there is one piece of code
 * that makes files with hostile names, and it has been looked at.
 */
export const writeEntries = (
  directory: HostPath,
  add: (writer: LayerTarWriter) => void,
  options: Pick<ApplyOptions, 'sparse'> = {},
): void => {
  const unpacker = createUnpacker(directory, options)
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

/** A whole tree, its root included, in tree order; or what lies at `from` in it (a real path), put at `to`. */
export const addTree = (
  tree: FileTree,
  writer: LayerTarWriter,
  { from, to }: { readonly from: string; readonly to: string } = { from: '', to: '' },
): void => {
  const top = tree.lookup(from)
  const pending: TreeEntry[] = top ? [top] : []
  const firstOf = new Map<string, string>()
  for (let entry = pending.pop(); entry; entry = pending.pop()) {
    const { inode, ...plain } = entry
    const path = joinInRoot(to, entry.path.slice(from === '' ? 0 : from.length + 1))
    const hardlink = inode === undefined ? undefined : firstOf.get(inode)
    if (inode !== undefined && hardlink === undefined) firstOf.set(inode, path)
    if (hardlink !== undefined) writer.add({ ...plain, path, kind: 'add', hardlink })
    else if (entry.type === 'file') writer.add({ ...plain, path, kind: 'add' }, tree.content(entry))
    else writer.add({ ...plain, path, kind: 'add' })
    if (entry.type === 'directory') pending.push(...tree.children(entry.path).toReversed())
  }
}
