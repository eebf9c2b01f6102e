import { parentOf, type TreeEntry } from '../../../foundation/filetree/index.ts'
import { byTreeOrder, type LayerAddition, type LayerEntry } from '../../layer/index.ts'

/** What tells that nobody has touched a path since: equal stamps mean the same inode in the same state. */
export type Stamp = string

/** A path of the changed tree with its stamp. */
export interface StampedEntry {
  readonly entry: TreeEntry
  readonly stamp: Stamp
}

/**
 * The layer that turns the tree of which `before` holds the stamps into the tree `after`, in tree order. A directory that
 * was replaced by another needs no opaque mark: what is no longer in it is removed path by path. The root is left out.
 */
export const diffTrees = (
  before: ReadonlyMap<string, Stamp>,
  after: readonly StampedEntry[],
): readonly LayerEntry[] => {
  const now = new Map(after.map(({ entry }) => [entry.path, entry]))
  const layer = new Map<string, LayerEntry>()
  const addParents = (path: string): void => {
    for (let up = parentOf(path); up !== '' && !layer.has(up); up = parentOf(up)) {
      const directory = now.get(up)
      if (directory) layer.set(up, { ...directory, kind: 'add' })
    }
  }
  const firstOf = new Map<string, string>()
  for (const { entry, stamp } of [...after].sort((a, b) => byTreeOrder(a.entry.path, b.entry.path))) {
    if (entry.path === '' || before.get(entry.path) === stamp) continue
    addParents(entry.path)
    layer.set(entry.path, additionOf(entry, firstOf))
  }
  for (const path of before.keys()) {
    // Below something that is gone or no directory any more, nothing is left to remove.
    if (now.has(path) || now.get(parentOf(path))?.type !== 'directory') continue
    addParents(path)
    layer.set(path, { kind: 'whiteout', path })
  }
  return [...layer.values()].sort((a, b) => byTreeOrder(a.path, b.path))
}

/** All paths of an inode change their stamp together, so the first that is met is the first of the layer. */
const additionOf = (entry: TreeEntry, firstOf: Map<string, string>): LayerAddition => {
  const { inode, ...plain } = entry
  if (inode === undefined || entry.type === 'directory') return { ...plain, kind: 'add' }
  const first = firstOf.get(inode)
  if (first !== undefined) return { ...plain, kind: 'add', hardlink: first }
  firstOf.set(inode, entry.path)
  return { ...plain, kind: 'add' }
}
