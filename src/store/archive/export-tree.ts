import type { FileContent, FileTree, TreeEntry } from '../../foundation/filetree/index.ts'
import { createLayerTarWriter, type LayerAddition, type LayerTarResult } from '../layer/index.ts'
import type { Stack } from '../snapshot/index.ts'
import type { ArchiveStore, ByteSink } from './types.ts'

export interface ExportTarOptions {
  readonly signal?: AbortSignal
  /** Without an entry for the root itself. */
  readonly withoutRoot?: boolean
}

/** A root file system in a directory of its own. */
export interface PlacedStack {
  readonly directory: string
  readonly stack: Stack
}

/**
 * The merged root file system of a stack as a plain tar (`--output type=tar`): owners, modes, times, xattrs, devices and
 * hard links, no whiteouts. Nothing is unpacked. `signal` is looked at between files.
 */
export const exportTar = (
  { snapshots }: Pick<ArchiveStore, 'snapshots'>,
  stack: Stack,
  out: ByteSink,
  options: ExportTarOptions = {},
): LayerTarResult => {
  const writer = createLayerTarWriter((chunk) => out.write(chunk))
  addTree(writer, snapshots.union(stack), options)
  return writer.finish()
}

/** Several of them in one tar, each below its directory, which has what the root has. */
export const exportTars = (
  { snapshots }: Pick<ArchiveStore, 'snapshots'>,
  placed: readonly PlacedStack[],
  out: ByteSink,
  options: Pick<ExportTarOptions, 'signal'> = {},
): LayerTarResult => {
  const writer = createLayerTarWriter((chunk) => out.write(chunk))
  for (const { directory, stack } of placed) {
    addTree(
      { add: (entry, content) => writer.add(moved(entry, directory), content) },
      snapshots.union(stack),
      options,
    )
  }
  return writer.finish()
}

interface EntrySink {
  add(entry: LayerAddition, content?: FileContent): void
}

const moved = (entry: LayerAddition, directory: string): LayerAddition => ({
  ...entry,
  path: entry.path === '' ? directory : `${directory}/${entry.path}`,
  ...(entry.hardlink === undefined ? {} : { hardlink: `${directory}/${entry.hardlink}` }),
})

const addTree = (
  writer: EntrySink,
  tree: FileTree,
  { signal, withoutRoot = false }: ExportTarOptions,
): void => {
  /** First path of every inode with several. */
  const links = new Map<string, string>()
  const root = tree.lookup('')
  // A list instead of recursion: trees may be deeper than the call stack.
  const pending: TreeEntry[] = root ? [root] : []
  for (let entry = pending.pop(); entry; entry = pending.pop()) {
    signal?.throwIfAborted()
    if (!withoutRoot || entry.path !== '') addEntry(writer, tree, entry, links)
    if (entry.type !== 'directory') continue
    // Reversed, since the last one pushed comes next.
    for (const child of [...tree.children(entry.path)].reverse()) pending.push(child)
  }
}

const addEntry = (writer: EntrySink, tree: FileTree, entry: TreeEntry, links: Map<string, string>): void => {
  const first = entry.inode === undefined ? undefined : links.get(entry.inode)
  if (first !== undefined) {
    writer.add({ ...entry, kind: 'add', hardlink: first })
    return
  }
  if (entry.inode !== undefined && entry.type !== 'directory') links.set(entry.inode, entry.path)
  writer.add({ ...entry, kind: 'add' }, entry.type === 'file' ? tree.content(entry) : undefined)
}
