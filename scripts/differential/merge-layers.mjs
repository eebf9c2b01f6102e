const parentOf = (path) => path.slice(0, Math.max(0, path.lastIndexOf('/')))
const nameOf = (path) => path.slice(path.lastIndexOf('/') + 1)
const within = (parent, name) => (parent ? `${parent}/${name}` : name)

const removeBelow = (tree, path) => {
  const start = path === '' ? '' : `${path}/`
  for (const other of tree.keys()) if (other !== '' && other.startsWith(start)) tree.delete(other)
}

/** Marks speak of what lies below, wherever they stand in the layer's tar: they are applied before it. */
const applyMarks = (tree, entries) => {
  for (const { path } of entries) {
    const name = nameOf(path)
    if (name === '.wh..wh..opq') removeBelow(tree, parentOf(path))
    else if (name.startsWith('.wh.')) {
      const target = within(parentOf(path), name.slice('.wh.'.length))
      removeBelow(tree, target)
      tree.delete(target)
    }
  }
}

const applyEntry = (tree, entry, own) => {
  const { path } = entry
  const before = tree.get(path)
  if (before && before.node.type !== 'directory') tree.delete(path)
  if (before?.node.type === 'directory' && entry.type !== 'directory') removeBelow(tree, path)
  if (entry.type !== 'hardlink') return void tree.set(path, { node: { ...entry, own } })
  const target = tree.get(entry.link)
  if (!target) throw new Error(`${path} is a link to ${entry.link}, which is not there`)
  tree.set(path, { node: target.node })
}

/** The parents that no layer says anything of are made by whoever unpacks: root's, 0755. */
const implied = {
  type: 'directory',
  mode: 0o755,
  uid: 0,
  gid: 0,
  size: 0,
  link: '',
  device: '',
  xattrs: {},
  digest: '',
}

const addParents = (tree) => {
  for (const path of [...tree.keys()])
    for (let parent = parentOf(path); parent !== ''; parent = parentOf(parent))
      if (!tree.has(parent)) tree.set(parent, { node: { ...implied, implied: true } })
}

/**
 * The tree that the layers make, by path. `names` are all names of a file when it has more than one; `own` is false for what
 * comes from the first `shared` layers.
 */
export const mergeLayers = (layers, shared) => {
  const tree = new Map()
  for (const [index, { entries }] of layers.entries()) {
    applyMarks(tree, entries)
    for (const entry of entries)
      if (!nameOf(entry.path).startsWith('.wh.')) applyEntry(tree, entry, index >= shared)
  }
  addParents(tree)
  const names = new Map()
  for (const [path, { node }] of tree) names.set(node, [...(names.get(node) ?? []), path])
  return new Map(
    [...tree].map(([path, { node }]) => {
      const all = names.get(node).sort()
      return [path, { ...node, path, names: all.length > 1 ? all.join(' = ') : '' }]
    }),
  )
}
