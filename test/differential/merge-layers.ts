import type { Entry, Layer } from './types.ts'

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const within = (parent: string, name: string): string => (parent ? `${parent}/${name}` : name)

const isMark = (path: string): boolean => nameOf(path).startsWith('.wh.')

const removeBelow = (tree: Map<string, Entry>, path: string): void => {
  const start = path === '' ? '' : `${path}/`
  for (const other of [...tree.keys()]) if (other !== '' && other.startsWith(start)) tree.delete(other)
}

/** Marks speak of what lies below, wherever they stand in the layer's tar: they are applied before it. */
const applyMarks = (tree: Map<string, Entry>, layer: Layer): void => {
  for (const path of layer.keys()) {
    const name = nameOf(path)
    if (name === '.wh..wh..opq') removeBelow(tree, parentOf(path))
    else if (name.startsWith('.wh.')) {
      const target = within(parentOf(path), name.slice('.wh.'.length))
      removeBelow(tree, target)
      tree.delete(target)
    }
  }
}

/** The parents that no layer says anything of are made by whoever unpacks: root's, 0755. */
const implied: Entry = { type: 'directory', mode: '0755', uid: 0, gid: 0, mtime: 'now' }

const addParents = (tree: Map<string, Entry>): void => {
  for (const path of [...tree.keys()])
    for (let parent = parentOf(path); parent !== ''; parent = parentOf(parent))
      if (!tree.has(parent)) tree.set(parent, implied)
}

/** The tree that the layers make, bottom first. */
export const mergeLayers = (layers: readonly Layer[]): Layer => {
  const tree = new Map<string, Entry>()
  for (const layer of layers) {
    applyMarks(tree, layer)
    for (const [path, entry] of layer) {
      if (isMark(path)) continue
      if (tree.get(path)?.type === 'directory' && entry.type !== 'directory') removeBelow(tree, path)
      tree.set(path, entry)
    }
  }
  addParents(tree)
  return tree
}
