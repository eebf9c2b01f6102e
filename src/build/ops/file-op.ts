import { type FileTree, joinInRoot, parentOf, type TreeEntry } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { LayerEntryWriter } from '../../store/layer/index.ts'
import type { CopySubtree, LayerId } from '../../store/snapshot/index.ts'
import type { BuildContext } from '../context/index.ts'
import type { CopyAction, FileAction, FileOp, WriteAction } from '../graph/index.ts'
import { type CopyAttributes, cannotReplace, newDirectory, type Owner, planCopy } from './copy-action.ts'
import { type EarlierCopies, type EarlierTars, earlierCopies } from './earlier-copies.ts'
import { emitPlan, type PlanSize, sizeOf } from './file-emit.ts'
import { parseModeChange } from './file-mode.ts'
import { createFilePlan, type FilePlan } from './file-plan.ts'
import { type CopySource, type FileOpInputs, resolveSources } from './file-sources.ts'
import { planUnpack } from './unpack-action.ts'
import { type OpenArchive, openArchive } from './unpack-archive.ts'

export interface FileOpRequest extends FileOpInputs {
  readonly op: FileOp
  /** The root that the op starts from, merged. */
  readonly base: FileTree
  /** Seconds since the epoch: the time of what has no source. */
  readonly now: number
  /** `user[:group]` of --chown, looked up in the base; `warning` says what was not found. */
  readonly resolveOwner: (text: string) => Owner & { readonly warning?: string }
  /** Tells a layer from which parts can be taken over; without it, everything is read from where it comes from. */
  readonly tars?: EarlierTars | undefined
  /** Existing directory for archives that must be decompressed. */
  readonly tempRoot: HostPath
}

/** A file op thought through, ready to be written. */
export interface PlannedLayer {
  /** Paths that change; 0 when nothing does (WORKDIR of a directory that exists). */
  readonly changes: number
  /** Things the user should know, each one sentence. */
  readonly warnings: readonly string[]
  /** Files to be read, and bytes to be written. Nothing where it has to be written before `write` ends: archives are looked at once more there. */
  readonly size: PlanSize
  /** Writes the layer, once, entry by entry. Does not call `finish`. Throws `context-unreadable` and `context-changed`. */
  write(writer: LayerEntryWriter, copy?: CopySubtree): Iterable<undefined>
  /** What can be done while others read and write what `write` has told them. */
  meanwhile(): void
  /** To be called when the layer is in the store: parts of it may be taken over by later ones. */
  remember(layer: LayerId): void
  /** Removes temporary files; to be called whether or not the layer was written. */
  dispose(): void
}

/**
 * Does the actions of a file op in memory, in order, so that their result can be written as one layer in one pass. Nothing is
 * written where a symlink leads: destinations are resolved inside the base. Throws errors with the codes `source-not-found`,
 * `cannot-replace`, `not-a-directory`, `symlink-loop`, `bad-chmod`, `bad-pattern`, `bad-archive`, `unsupported-archive`,
 * `context-unreadable`.
 */
export const planFileOp = async (request: FileOpRequest): Promise<PlannedLayer> => {
  const plan = createFilePlan(request.base)
  const state: State = { request, plan, warnings: [], archives: [], context: undefined, earlier: undefined }
  const dispose = (): void => {
    for (const { archive } of state.archives) archive.dispose()
  }
  try {
    for (const action of request.op.actions) await doAction(state, action)
  } catch (error) {
    dispose()
    throw error
  }
  return {
    changes: plan.changes.size,
    warnings: state.warnings,
    meanwhile: () => state.context?.saveAhead(),
    remember: (layer) => state.earlier?.remember(layer),
    size: state.archives.length > 0 ? { files: 0, bytes: 0, copied: 0 } : sizeOf(plan),
    *write(writer, copy) {
      yield* emitPlan(plan, writer, { context: state.context, copy, places: state.earlier?.places })
      for (const { source, context } of state.archives) context?.assertUnchanged(source)
    },
    dispose,
  }
}

export type FileOpResult = Pick<PlannedLayer, 'changes' | 'warnings'>

/** Plans and writes in one call. */
export const executeFileOp = async (
  request: FileOpRequest & { readonly writer: LayerEntryWriter },
): Promise<FileOpResult> => {
  const layer = await planFileOp(request)
  try {
    for (const _ of layer.write(request.writer));
    return { changes: layer.changes, warnings: layer.warnings }
  } finally {
    layer.dispose()
  }
}

interface State {
  readonly request: FileOpRequest
  readonly plan: FilePlan
  readonly warnings: string[]
  readonly archives: {
    readonly archive: OpenArchive
    readonly source: TreeEntry
    readonly context: BuildContext | undefined
  }[]
  context: BuildContext | undefined
  earlier: EarlierCopies | undefined
}

const doAction = async (state: State, action: FileAction): Promise<void> => {
  const { plan } = state
  const attributes = attributesOf(action, state)
  switch (action.kind) {
    case 'copy':
      await copy(state, action, attributes)
      return
    case 'mkdir':
      plan.makeDirectory(plan.resolve(action.path), { ...newDirectory(attributes), mode: action.mode })
      return
    case 'write':
      write(plan, action, attributes)
      return
  }
}

const attributesOf = (action: FileAction, { request, warnings }: State): CopyAttributes => {
  const owner = action.chown === undefined ? undefined : request.resolveOwner(action.chown)
  if (owner?.warning !== undefined) warnings.push(owner.warning)
  return {
    owner,
    mode: action.kind === 'mkdir' || action.chmod === undefined ? undefined : parseModeChange(action.chmod),
    now: request.op.timestamp ?? request.now,
  }
}

const copy = async (state: State, action: CopyAction, attributes: CopyAttributes): Promise<void> => {
  const { context, sources, warnings } = resolveSources(action, state.request)
  state.context ??= context
  state.warnings.push(...warnings)
  const written = new Set<string>()
  for (const source of sources) {
    if (action.unpack && (await unpack(state, action, source, { attributes, context }))) continue
    const { op, tars } = state.request
    const earlier = tars && earlierCopies({ op, action, source, attributes, context, tars })
    state.earlier = earlier
    const alone = op.actions.length === 1 && sources.length === 1
    const target = planCopy(state.plan, source, action, attributes, { earlier: earlier?.at, alone })
    if (source.entry.type === 'directory' || action.destination.endsWith('/')) continue
    if (written.has(target)) {
      state.warnings.push(
        `several files are copied to ${action.destination}, which is no directory: only the last one stays`,
      )
    }
    written.add(target)
  }
}

/** ADD: false when the source is no archive and is to be copied. */
const unpack = async (
  state: State,
  action: CopyAction,
  source: CopySource,
  options: { readonly attributes: CopyAttributes; readonly context: BuildContext | undefined },
): Promise<boolean> => {
  const { plan, request } = state
  const { attributes, context } = options
  if (source.entry.type !== 'file') return false
  const content = (context ?? source.tree).content(source.entry)
  // The digest pins the bytes: what is unpacked is checked against it after the layer has been written.
  context?.contentDigest(source.entry)
  const archive = await openArchive(content, source.path, request.tempRoot)
  if (archive === undefined) return false
  state.archives.push({ archive, source: source.entry, context })
  planUnpack({ plan, base: request.base, archive, shown: source.path, attributes }, action.destination)
  return true
}

/** Into a directory the file goes under its own name. */
const writePath = (plan: FilePlan, { path, name }: WriteAction): string => {
  const real = plan.resolve(path)
  if (name === undefined || plan.at(real)?.type !== 'directory') return real
  return plan.resolve(`/${joinInRoot(real, name)}`)
}

const write = (plan: FilePlan, action: WriteAction, attributes: CopyAttributes): void => {
  const path = writePath(plan, action)
  if (plan.at(path)?.type === 'directory') throw cannotReplace(path, 'a directory', 'a file')
  plan.makeDirectory(parentOf(path), newDirectory(attributes))
  const bytes = Buffer.from(action.text)
  plan.put(path, {
    entry: {
      kind: 'add',
      path,
      type: 'file',
      mode: attributes.mode?.apply(0o644, false) ?? 0o644,
      uid: attributes.owner?.uid ?? 0,
      gid: attributes.owner?.gid ?? 0,
      size: bytes.length,
      mtime: attributes.now,
      mtimeNsec: 0,
    },
    content: { kind: 'content', content: { kind: 'bytes', bytes } },
  })
}
