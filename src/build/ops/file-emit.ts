import { InternalError } from '../../foundation/errors/index.ts'
import { type FileTree, parentOf, type TreeEntry } from '../../foundation/filetree/index.ts'
import { byTreeOrder, type LayerAddition, type LayerEntryWriter } from '../../store/layer/index.ts'
import type { CopySubtree } from '../../store/snapshot/index.ts'
import type { BuildContext } from '../context/index.ts'
import type { DirectoryPlaces } from './directory-places.ts'
import type { FilePlan, PlannedContent, PlannedEntry, WrittenBefore } from './file-plan.ts'

/**
 * Writes the plan as a layer, in tree order. Directories on the way that the base has are repeated with its metadata, so that
 * they keep them. Each file is read once; its bytes are proven to be those that the cache key was made of. Stops after each entry.
 */
export function* emitPlan(
  plan: FilePlan,
  writer: LayerEntryWriter,
  options: EmitOptions = {},
): Generator<undefined, void> {
  const { places } = options
  const parents = parentsOf(plan)
  const linking = { ...options, first: new Map<object, string>() }
  for (const path of [...plan.changes.keys(), ...parents.keys()].sort(byTreeOrder)) {
    const planned = plan.changes.get(path)
    const parent = parents.get(path)
    places?.enter(path, writer.position())
    if (planned) emitEntry(path, planned, writer, linking)
    else if (parent) writer.add({ ...parent, kind: 'add' })
    yield
    for (const [name, below] of planned?.below?.() ?? []) {
      places?.enter(name, writer.position())
      emitEntry(name, below, writer, linking)
      yield
    }
  }
  places?.end(writer.position())
}

const emitEntry = (
  path: string,
  { entry, links, opaque, content, before }: PlannedEntry,
  writer: LayerEntryWriter,
  options: EmitOptions & { readonly first: Map<object, string> },
): void => {
  const { context, places, first } = options
  if (links !== undefined) places?.linked()
  const hardlink = links === undefined ? undefined : first.get(links)
  if (links !== undefined && hardlink === undefined) first.set(links, path)
  if (hardlink !== undefined) writer.add({ ...entry, hardlink })
  else if (content === undefined) writer.add(opaque === true ? { ...entry, opaque } : entry)
  else writeFile(writer, entry, content, context)
  if (before) takeOver(path, before, writer, options)
  else if (entry.type === 'directory') places?.directory(path, writer.position())
}

const takeOver = (
  path: string,
  before: WrittenBefore,
  writer: LayerEntryWriter,
  { copy, places }: EmitOptions,
): void => {
  if (copy === undefined) throw new InternalError(`write ${path}: it has to be copied from a layer`)
  places?.takeOver(path, before, writer.position() - before.start)
  if (before.end > before.start) copy({ ...before, path })
}

export interface EmitOptions {
  readonly context?: BuildContext | undefined
  /** Needed for plans with parts that were written before. */
  readonly copy?: CopySubtree | undefined
  /** Gets to know where the directories stand. */
  readonly places?: DirectoryPlaces | undefined
}

export interface PlanSize {
  readonly files: number
  readonly bytes: number
  /** Of these, bytes that stand in an earlier layer. */
  readonly copied: number
}

/** Whoever writes so much has much to write. */
const much: Omit<PlanSize, 'copied'> = { files: 10_000, bytes: 256 << 20 }

/** What writing a plan amounts to. What is below its entries is not counted to the end when it is much. */
export const sizeOf = (plan: FilePlan): PlanSize => {
  let [files, bytes, copied] = [0, 0, 0]
  const count = ({ entry, content, before }: PlannedEntry): void => {
    if (content) files += 1
    const taken = before ? before.end - before.start : 0
    bytes += entry.size + taken
    copied += taken
  }
  for (const planned of plan.changes.values()) {
    count(planned)
    for (const [, below] of planned.below?.() ?? []) {
      count(below)
      if (files >= much.files || bytes >= much.bytes) return { files, bytes, copied }
    }
  }
  return { files, bytes, copied }
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
  writer: LayerEntryWriter,
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
    const isUnread = tree.unread?.has(source) === true
    writer.add(
      entry,
      tree.content(source),
      isUnread ? tree.unread?.witness(source) : tree.contentDigest(source),
    )
  } else {
    writer.add(entry, context.content(source), context.witness(source))
  }
}

const isContext = (tree: FileTree, context: BuildContext): boolean => tree === context
