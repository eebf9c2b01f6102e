import { parentOf, type TreeEntry } from '../../foundation/filetree/index.ts'
import { byTreeOrder, type LayerTarWriter } from '../layer/index.ts'
import type { Stack } from './types.ts'
import type { LayerView } from './union/layer-view.ts'
import { mergeLayers } from './union/merged-tree.ts'
import { unionOf } from './union/union-tree.ts'
import type { Workshop } from './workshop.ts'

/**
 * Layers of some builders have a file without the directories above it. In such a layer's tree they are plain ones, and
 * overlay would show those in place of the real ones below (/tmp without its sticky bit). These are the real ones, with
 * their parents, to be put on top; nothing for most stacks.
 */
export const describedParents = (
  shop: Workshop,
  views: (id: Stack[number]) => LayerView,
  stack: Stack,
): readonly TreeEntry[] => {
  const implying = stack.filter((id) => shop.layers.facts(id)?.implied)
  if (implying.length === 0) return []
  const layers = [...stack].reverse().map(views)
  const tree = mergeLayers(layers)
  const wanted = new Set<string>()
  for (const path of implying.flatMap((id) => impliedIn(views(id)))) {
    const node = tree.node(path)
    if (!node || node.layer === node.merged[0]) continue
    for (let up = path; up !== ''; up = parentOf(up)) wanted.add(up)
  }
  const union = unionOf(layers)
  return [...wanted].sort(byTreeOrder).flatMap((path) => union.lookup(path) ?? [])
}

export const addDirectories = (entries: readonly TreeEntry[], writer: LayerTarWriter): void => {
  for (const entry of entries) writer.add({ ...entry, kind: 'add' })
}

const impliedIn = ({ index }: LayerView): readonly string[] => {
  const paths: string[] = []
  for (const entry of index.entries()) if (entry.kind === 'add' && entry.implied) paths.push(entry.path)
  return paths
}
