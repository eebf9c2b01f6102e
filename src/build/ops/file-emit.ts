import { type FileTree, parentOf, type TreeEntry } from '../../foundation/filetree/index.ts'
import { byTreeOrder, type LayerTarWriter } from '../../store/layer/index.ts'
import { type BuildContext, smallFile } from '../context/index.ts'
import type { FilePlan, PlannedContent, PlannedEntry } from './file-plan.ts'

/**
 * Writes the plan as a layer, in tree order. Directories on the way that the base has are repeated with its metadata, so that
 * they keep them. Each file is read once; its bytes are proven to be those that the cache key was made of.
 */
export const emitPlan = (plan: FilePlan, writer: LayerTarWriter, context: BuildContext | undefined): void => {
  const entries = new Map(plan.changes)
  for (const path of plan.changes.keys()) addParents(plan, entries, path)
  const first = new Map<object, string>()
  for (const path of [...entries.keys()].sort(byTreeOrder)) {
    const planned = entries.get(path)
    if (planned === undefined) continue
    const { entry, links, opaque, content } = planned
    const hardlink = links === undefined ? undefined : first.get(links)
    if (links !== undefined && hardlink === undefined) first.set(links, path)
    if (hardlink !== undefined) writer.add({ ...entry, kind: 'add', hardlink })
    else if (content === undefined) writer.add({ ...entry, kind: 'add', ...(opaque === true && { opaque }) })
    else writeFile(writer, entry, content, context)
  }
}

const addParents = (plan: FilePlan, entries: Map<string, PlannedEntry>, path: string): void => {
  for (let parent = parentOf(path); parent !== '' && !entries.has(parent); parent = parentOf(parent)) {
    const entry = plan.at(parent)
    if (entry !== undefined) entries.set(parent, { entry })
  }
}

const writeFile = (
  writer: LayerTarWriter,
  target: TreeEntry,
  content: PlannedContent,
  context: BuildContext | undefined,
): void => {
  const entry = { ...target, kind: 'add' } as const
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
