import type { FileContent, FileTree, TreeEntry } from '../../../foundation/filetree/index.ts'
import type { IndexAddition } from '../../layer/index.ts'
import { SnapshotError } from '../errors.ts'
import { contentRefused } from './content-hash.ts'
import type { LayerView } from './layer-view.ts'
import { type MergedNode, mergeLayers } from './merged-tree.ts'
import { resolveInTree } from './resolve.ts'

/** The merged view of layers (topmost first) as a `FileTree`. Nothing is unpacked; only indexes are read. */
export const unionOf = (layers: readonly LayerView[]): FileTree => {
  const tree = mergeLayers(layers)
  const fileAt = (entry: TreeEntry): readonly [LayerView, IndexAddition] => {
    const node = tree.node(entry.path)
    const found = node?.layer && bytesOf(node.layer, node.entry)
    if (!node?.layer || found?.type !== 'file') {
      throw new SnapshotError('not-a-file', `read /${entry.path}: expected a file of this tree`)
    }
    return [node.layer, found]
  }
  return {
    lookup(path, options = {}) {
      const node = resolveInTree(tree, path, options.follow === true)
      return node && publicEntry(node)
    },
    children: (path) => tree.children(path).map(publicEntry),
    content(entry): FileContent {
      const [layer, file] = fileAt(entry)
      return file.size === 0 ? { kind: 'bytes', bytes: new Uint8Array() } : layer.content(file)
    },
    contentDigest(entry) {
      const [layer, file] = fileAt(entry)
      return layer.digest(file)
    },
    unread: {
      has(entry) {
        const [layer, file] = fileAt(entry)
        return layer.knownDigest(file) === undefined
      },
      witness(entry) {
        const [layer, file] = fileAt(entry)
        return {
          read: (digest) => layer.learn(file, digest),
          refused: (problem) => contentRefused(`/${entry.path} of a layer`, problem),
        }
      },
    },
  }
}

/** The entry of the same layer that has the bytes: a hard link's first path. */
const bytesOf = (layer: LayerView, entry: IndexAddition): IndexAddition | undefined => {
  if (entry.hardlink === undefined) return entry
  const first = layer.index.get(entry.hardlink)
  return first?.kind === 'add' ? first : undefined
}

/** Without what only the layer's own index means: offsets, link targets inside the layer, opaqueness. */
const publicEntry = ({ entry: own, layer }: MergedNode): TreeEntry => {
  const {
    kind: _1,
    offset: _2,
    contentDigest: _3,
    opaque: _4,
    implied: _5,
    hardlink: _6,
    inode,
    ...entry
  } = own
  if (inode === undefined || layer === undefined || own.type !== 'file') return entry
  return { ...entry, size: bytesOf(layer, own)?.size ?? entry.size, inode: `${layer.id}:${inode}` }
}
