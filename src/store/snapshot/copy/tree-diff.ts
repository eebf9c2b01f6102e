import { parentOf, type TreeEntry } from '../../../foundation/filetree/index.ts'
import { byTreeOrder, type LayerAddition, type LayerEntry } from '../../layer/index.ts'

/** What tells that nobody has touched a path since: equal stamps mean the same inode in the same state. */
export type Stamp = string

/** What a path was when it was looked at. */
export interface Seen {
  readonly stamp: Stamp
  /** Of a directory only: differs from that of another one that was made in its place. */
  readonly identity?: string
}

/** A path of the changed tree. */
export interface StampedEntry extends Seen {
  readonly entry: TreeEntry
}

/**
 * The layer that turns the tree that was `before` into the tree `after`, in tree order; the root is left out. It is the one that
 * overlay's upper directory would be: a directory that was made where something else was has an opaque mark, and then everything in it
 * is in the layer.
 */
export const diffTrees = (
  before: ReadonlyMap<string, Seen>,
  after: readonly StampedEntry[],
): readonly LayerEntry[] => {
  const now = new Map(after.map(({ entry }) => [entry.path, entry]))
  /** Directories that have replaced something, and all below them. */
  const fresh = new Set<string>()
  const layer = new Map<string, LayerEntry>()
  const addParents = (path: string): void => {
    for (let up = parentOf(path); up !== '' && !layer.has(up); up = parentOf(up)) {
      const directory = now.get(up)
      if (directory) layer.set(up, { ...directory, kind: 'add' })
    }
  }
  const firstOf = new Map<string, string>()
  for (const { entry, stamp, identity } of [...after].sort((a, b) =>
    byTreeOrder(a.entry.path, b.entry.path),
  )) {
    const { path } = entry
    if (path === '') continue
    const then = before.get(path)
    const inFresh = fresh.has(parentOf(path))
    const isReplaced = then !== undefined && identity !== undefined && then.identity !== identity
    if (isReplaced || (inFresh && identity !== undefined)) fresh.add(path)
    else if (!inFresh && then?.stamp === stamp) continue
    addParents(path)
    const addition = additionOf(entry, firstOf)
    layer.set(path, fresh.has(path) && !inFresh ? { ...addition, opaque: true } : addition)
  }
  for (const path of before.keys()) {
    // Below something that is gone or no directory any more, nothing is left to remove.
    const parent = parentOf(path)
    if (now.has(path) || fresh.has(parent) || now.get(parent)?.type !== 'directory') continue
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
