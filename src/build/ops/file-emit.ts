import { type FileTree, parentOf, type TreeEntry } from '../../foundation/filetree/index.ts'
import { byTreeOrder, type LayerAddition, type LayerTarWriter } from '../../store/layer/index.ts'
import { type BuildContext, smallFile } from '../context/index.ts'
import type { FilePlan, PlannedContent } from './file-plan.ts'

/**
 * Writes the plan as a layer, in tree order. Directories on the way that the base has are repeated with its metadata, so that
 * they keep them. Each file is read once; its bytes are proven to be those that the cache key was made of.
 */
export const emitPlan = (plan: FilePlan, writer: LayerTarWriter, context: BuildContext | undefined): void => {
  const parents = parentsOf(plan)
  const first = new Map<object, string>()
  for (const path of [...plan.changes.keys(), ...parents.keys()].sort(byTreeOrder)) {
    const planned = plan.changes.get(path)
    if (planned === undefined) {
      const parent = parents.get(path)
      if (parent !== undefined) writer.add({ ...parent, kind: 'add' })
      continue
    }
    const { entry, links, opaque, content } = planned
    const hardlink = links === undefined ? undefined : first.get(links)
    if (links !== undefined && hardlink === undefined) first.set(links, path)
    if (hardlink !== undefined) writer.add({ ...entry, hardlink })
    else if (content === undefined) writer.add(opaque === true ? { ...entry, opaque } : entry)
    else writeFile(writer, entry, content, context)
  }
}

/** Directories above what changes that do not change themselves, as they stand in the base. */
const parentsOf = (plan: FilePlan): ReadonlyMap<string, TreeEntry> => {
  const parents = new Map<string, TreeEntry>()
  let last: string | undefined
  for (const path of plan.changes.keys()) {
    let parent = parentOf(path)
    // Siblings come one after another.
    if (parent === last) continue
    last = parent
    for (; parent !== '' && !plan.changes.has(parent) && !parents.has(parent); parent = parentOf(parent)) {
      const entry = plan.at(parent)
      if (entry !== undefined) parents.set(parent, entry)
    }
  }
  return parents
}

const writeFile = (
  writer: LayerTarWriter,
  entry: LayerAddition,
  content: PlannedContent,
  context: BuildContext | undefined,
): void => {
  if (content.kind === 'content') {
    writer.add(entry, content.content)
    return
  }
  const { tree, entry: source } = content
  if (context === undefined || !isContext(tree, context)) {
    writer.add(entry, tree.content(source), tree.contentDigest(source))
  } else if (source.size <= smallFile) {
    const bytes = context.readSmall(source)
    writer.add(entry, { kind: 'bytes', bytes }, context.contentDigest(source))
  } else {
    const digest = context.contentDigest(source)
    writer.add(entry, context.content(source), digest)
    context.assertUnchanged(source)
  }
}

const isContext = (tree: FileTree, context: BuildContext): boolean => tree === context
