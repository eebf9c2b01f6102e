import { baseOf, byCodeUnit, joinInRoot, parentOf } from '../../../foundation/filetree/index.ts'
import type { IndexAddition, IndexEntry } from '../../layer/index.ts'
import type { LayerView } from './layer-view.ts'

/** What one path of the merged tree is, and where it comes from. */
export interface MergedNode {
  readonly entry: IndexAddition
  /** The layer that `entry` comes from; undefined for a directory that no layer mentions. */
  readonly layer: LayerView | undefined
  /** For directories: the layers whose contents are merged in it, topmost first. */
  readonly merged: readonly LayerView[]
}

/**
 * The rules of overlay (kernel, filesystems/overlayfs): upper entries hide lower ones; only directories merge, and
 * only while nothing of another type, no whiteout and no opaque directory lies between. Paths are real ones: no
 * symlink is followed here.
 */
export interface MergedTree {
  node(path: string): MergedNode | undefined
  /** Nodes of a directory's children, sorted by code unit. */
  children(path: string): readonly MergedNode[]
}

/** `layers` topmost first. Answers are remembered: layers do not change. */
export const mergeLayers = (layers: readonly LayerView[]): MergedTree => {
  const nodes = new Map<string, MergedNode | undefined>([['', rootOf(layers)]])

  const node = (path: string): MergedNode | undefined => {
    if (nodes.has(path)) return nodes.get(path)
    const parent = node(parentOf(path))
    const found = parent && mergeChild(parent, path)
    nodes.set(path, found)
    return found
  }

  const children = (path: string): readonly MergedNode[] => {
    const parent = node(path)
    if (!parent) return []
    const names = new Set<string>()
    for (const layer of parent.merged)
      for (const child of layer.index.children(path)) names.add(baseOf(child.path))
    return [...names].sort(byCodeUnit).flatMap((name) => node(joinInRoot(path, name)) ?? [])
  }

  return { node, children }
}

const plainRoot: IndexAddition = {
  kind: 'add',
  path: '',
  type: 'directory',
  mode: 0o755,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
  mtimeNsec: 0,
}

const rootOf = (layers: readonly LayerView[]): MergedNode => {
  const roots = layers.map((layer) => layer.index.get(''))
  const owner = roots.findIndex((entry) => isAddition(entry) && !entry.implied)
  const opaque = roots.findIndex((entry) => isAddition(entry) && entry.opaque)
  const entry = roots[owner]
  return {
    entry: isAddition(entry) ? entry : plainRoot,
    layer: layers[owner],
    merged: opaque < 0 ? layers : layers.slice(0, opaque + 1),
  }
}

const mergeChild = (parent: MergedNode, path: string): MergedNode | undefined => {
  let top: IndexAddition | undefined
  let owner: LayerView | undefined
  const merged: LayerView[] = []
  for (const layer of parent.merged) {
    const found = layer.index.get(path)
    if (found === undefined) continue
    // A whiteout, or a file under a directory: whatever is below is hidden.
    if (found.kind === 'whiteout' || (top && found.type !== 'directory')) break
    merged.push(layer)
    // An implied directory is there, but what it looks like is the word of a layer that describes it.
    if (top === undefined || (top.implied && !found.implied)) {
      top = found
      owner = layer
    }
    if (found.type !== 'directory' || found.opaque) break
  }
  return top && { entry: top, layer: owner, merged: top.type === 'directory' ? merged : [] }
}

const isAddition = (entry: IndexEntry | undefined): entry is IndexAddition => entry?.kind === 'add'
