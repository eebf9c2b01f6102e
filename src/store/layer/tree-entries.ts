import { joinInRoot, type TreeEntry } from '../../foundation/filetree/index.ts'
import { decodeScan, scanTree } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { draftOf } from './entry-draft.ts'
import { LayerError } from './layer-error.ts'
import { belongsInLayer } from './layer-names.ts'
import { byTreeOrder } from './tree-order.ts'
import type { LayerEntry, LayerEntryWriter, LayerTarWriter } from './types.ts'

export interface TreeOptions {
  /** Include the root directory itself. Off by default, as in docker's layers: every step would touch it. */
  readonly root?: boolean
  /** What the helper has said of the directory, which has not changed since. */
  readonly scan?: Buffer | undefined
}

/**
 * What an upperdir or lowerdir says, in tree order: overlay's whiteouts (0:0 devices and the xattr form) and opaque
 * directories become data, its xattrs go, hard links are resolved. Throws `unsupported-tree` for redirects and
 * metadata-only copies, which tsbuild's own mounts never make.
 */
export const treeEntries = (directory: HostPath, options: TreeOptions = {}): readonly LayerEntry[] => {
  const first = new Map<string, string>()
  const entries: LayerEntry[] = []
  const found = options.scan === undefined ? scanTree(directory) : decodeScan(options.scan)
  for (const scanned of [...found].sort((a, b) => byTreeOrder(a.path, b.path))) {
    if (scanned.path === '' && !options.root) continue
    if (isWhiteout(scanned)) entries.push({ kind: 'whiteout', path: scanned.path })
    else entries.push(additionOf(scanned, first))
  }
  return entries
}

/** Writes a tree on disk as a layer; the writer then has the same entries as `treeEntries`. */
export const writeTree = (directory: HostPath, writer: LayerTarWriter, options: TreeOptions = {}): void => {
  for (const entry of treeEntries(directory, options)) addFromTree(writer, directory, entry)
}

/** One of `treeEntries(directory)`. */
export const addFromTree = (
  writer: Pick<LayerEntryWriter, 'add'>,
  directory: HostPath,
  entry: LayerEntry,
): void => {
  const hasContent = entry.kind === 'add' && entry.type === 'file' && entry.hardlink === undefined
  if (!hasContent) writer.add(entry)
  else {
    const path = joinInRoot(directory, entry.path)
    writer.add(entry, { kind: 'range', path, offset: 0, size: entry.size })
  }
}

const additionOf = (scanned: TreeEntry, first: Map<string, string>): LayerEntry => {
  const draft = draftOf(scanned, scanned.path)
  if (scanned.inode !== undefined) {
    const hardlink = first.get(scanned.inode)
    if (hardlink === undefined) first.set(scanned.inode, scanned.path)
    else draft.hardlink = hardlink
  }
  if (!scanned.xattrs) return draft
  refuseRedirects(scanned)
  if (scanned.type === 'directory' && overlayXattr(scanned, 'opaque')?.toString('latin1') === 'y')
    draft.opaque = true
  const kept = new Map([...scanned.xattrs].filter(([name]) => belongsInLayer(name)).sort(byName))
  if (kept.size > 0) draft.xattrs = kept
  else delete draft.xattrs
  return draft
}

const refuseRedirects = (scanned: TreeEntry): void => {
  for (const name of ['redirect', 'metacopy'])
    if (overlayXattr(scanned, name))
      throw new LayerError(
        'unsupported-tree',
        `read tree: /${scanned.path} has the overlay attribute ${name}`,
        {
          hint: 'mount overlays with redirect_dir=off and metacopy=off',
        },
      )
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1)

/** Kernel documentation, overlayfs, "whiteouts and opaque directories". */
const isWhiteout = (entry: TreeEntry): boolean =>
  (entry.type === 'char' && entry.major === 0 && entry.minor === 0) ||
  (entry.type === 'file' && entry.size === 0 && overlayXattr(entry, 'whiteout') !== undefined)

const overlayXattr = (entry: TreeEntry, name: string): Buffer | undefined => {
  const value = entry.xattrs?.get(`trusted.overlay.${name}`) ?? entry.xattrs?.get(`user.overlay.${name}`)
  return value && Buffer.from(value)
}
