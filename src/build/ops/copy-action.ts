import { AppError } from '../../foundation/errors/index.ts'
import { baseOf, joinInRoot, parentOf, type TreeEntry } from '../../foundation/filetree/index.ts'
import type { LayerAddition } from '../../store/layer/index.ts'
import type { CopyAction } from '../graph/index.ts'
import type { ModeChange } from './file-mode.ts'
import type { FilePlan, NewDirectory, PlannedEntry, PlannedPath, WrittenBefore } from './file-plan.ts'
import type { CopySource } from './file-sources.ts'

export interface Owner {
  readonly uid: number
  readonly gid: number
}

/** What the options of an action say about everything it writes. */
export interface CopyAttributes {
  readonly owner: Owner | undefined
  readonly mode: ModeChange | undefined
  /** Seconds; the time of directories that have no source. */
  readonly now: number
}

/** What an earlier layer has of a directory of the source; asked for those whose target is new. */
export type EarlierCopy = (directory: TreeEntry) => WrittenBefore | undefined

const neverBefore: EarlierCopy = () => undefined

export interface CopyOptions {
  readonly earlier?: ((destination: string) => EarlierCopy) | undefined
  /** Nothing else is put into the plan any more: what goes where there is nothing need not be planned before it is written. */
  readonly alone?: boolean
}

/**
 * Plans one source of a COPY, by BuildKit's rules: a directory gives its content; a file goes into the destination if that is a
 * directory or ends in a slash; directories merge and take the source's metadata, except the destination itself, which takes
 * only the time; a file never replaces a directory nor a directory a file. Hard links within the source stay.
 */
export const planCopy = (
  plan: FilePlan,
  source: CopySource,
  action: CopyAction,
  attributes: CopyAttributes,
  { earlier = () => neverBefore, alone = false }: CopyOptions = {},
): string => {
  const wantsDirectory = /\/\.?$/.test(action.destination)
  const destination = plan.resolve(action.destination)
  if (source.entry.type === 'directory') {
    const top = plan.at(destination)
    if (top !== undefined && top.type !== 'directory')
      throw cannotReplace(destination, 'a file', 'a directory')
    plan.makeDirectory(parentOf(destination), newDirectory(attributes))
    const copy = { plan, source, attributes, links: new Map(), earlier: earlier(destination), alone }
    const isEmpty = top === undefined || (alone && plan.isEmpty(destination))
    const kept = top ?? { ...newDirectory(attributes), path: destination, type: 'directory', size: 0 }
    const entry: LayerAddition = { ...kept, kind: 'add', mtime: source.entry.mtime, mtimeNsec: 0 }
    if (alone && isEmpty && destination !== '') {
      plan.put(destination, { entry, below: () => entriesBelow(copy, source.entry.path, destination) })
      return destination
    }
    if (destination !== '') plan.put(destination, { entry })
    copyChildren(copy, source.entry.path, { path: destination, empty: isEmpty })
    return destination
  }
  if (wantsDirectory) plan.makeDirectory(destination, newDirectory(attributes))
  const inside = plan.at(destination)?.type === 'directory'
  const target = inside ? joinInRoot(destination, source.name) : destination
  if (!inside) plan.makeDirectory(parentOf(destination), newDirectory(attributes))
  const copy = { plan, source, attributes, links: new Map(), earlier: neverBefore, alone }
  copyEntry(copy, source.entry, target, plan.at(target))
  return target
}

/** A directory made on the way: root's and 0755, unless --chown or an octal --chmod say otherwise (as BuildKit). */
export const newDirectory = (attributes: CopyAttributes): NewDirectory => ({
  mode: attributes.mode?.implicitDirectory ?? 0o755,
  uid: attributes.owner?.uid ?? 0,
  gid: attributes.owner?.gid ?? 0,
  mtime: attributes.now,
})

export const cannotReplace = (path: string, found: string, by: string): AppError =>
  new AppError('cannot-replace', `copy to /${path}: ${found} is there and cannot be replaced by ${by}`, {
    hint: 'remove it in an earlier RUN, or copy to another path',
    details: { path },
  })

interface Copy {
  readonly plan: FilePlan
  readonly source: CopySource
  readonly attributes: CopyAttributes
  /** Inode of the source -> the links of its copy. */
  readonly links: Map<string, object>
  readonly earlier: EarlierCopy
  readonly alone: boolean
}

/** A directory that is copied into; `empty`: the image has nothing there, so that nobody need look. */
interface Target {
  readonly path: string
  readonly empty: boolean
}

const copyChildren = (copy: Copy, source: string, target: Target): void => {
  for (const child of copy.source.view.children(source)) {
    const path = joinInRoot(target.path, baseOf(child.path))
    copyEntry(copy, child, path, target.empty ? undefined : copy.plan.at(path))
  }
}

const copyEntry = (copy: Copy, source: TreeEntry, target: string, found: TreeEntry | undefined): void => {
  if (source.type !== 'socket' && found !== undefined) refuseToReplace(source, target, found)
  const planned = plannedOf(copy, source, target, found)
  if (planned === undefined) return
  if (!isOpen(source, planned)) {
    copy.plan.put(target, planned)
  } else if (copy.alone && found === undefined) {
    copy.plan.put(target, { ...planned, below: () => entriesBelow(copy, source.path, target) })
  } else {
    copy.plan.put(target, planned)
    copyChildren(copy, source.path, { path: target, empty: found === undefined })
  }
}

/** A file never replaces a directory nor a directory a file. */
const refuseToReplace = (source: TreeEntry, target: string, found: TreeEntry): void => {
  const isDirectory = source.type === 'directory'
  if (isDirectory && found.type !== 'directory') throw cannotReplace(target, 'a file', 'a directory')
  if (!isDirectory && found.type === 'directory') throw cannotReplace(target, 'a directory', 'a file')
}

/** Whether what is below it is still to be copied. */
const isOpen = (source: TreeEntry, { before }: PlannedEntry): boolean =>
  source.type === 'directory' && before === undefined

/** Undefined for what is not copied. */
const plannedOf = (
  copy: Copy,
  source: TreeEntry,
  target: string,
  found?: TreeEntry,
): PlannedEntry | undefined => {
  if (source.type === 'socket') return undefined
  const entry = withAttributes(source, target, copy.attributes)
  if (source.type === 'directory') {
    const before = found === undefined ? copy.earlier(source) : undefined
    if (before !== undefined) return { entry, before }
    return { entry: copy.source.partial.has(source.path) ? onTheWay(copy, entry, found) : entry }
  }
  if (source.type !== 'file') return { entry }
  const links = source.inode === undefined ? undefined : linksOf(copy, source.inode)
  const content = { kind: 'tree', tree: copy.source.tree, entry: source } as const
  return links === undefined ? { entry, content } : { entry, content, links }
}

/** Of a directory that goes where there is nothing: in tree order, and no more in memory than the directories that are open. */
function* entriesBelow(copy: Copy, from: string, to: string): Generator<PlannedPath> {
  const { view } = copy.source
  const open = [{ children: view.children(from), next: 0, target: to }]
  for (let top = open.at(-1); top; top = open.at(-1)) {
    const source = top.children[top.next++]
    if (source === undefined) {
      open.pop()
      continue
    }
    const target = joinInRoot(top.target, baseOf(source.path))
    const planned = plannedOf(copy, source, target)
    if (planned === undefined) continue
    yield [target, planned]
    if (isOpen(source, planned)) open.push({ children: view.children(source.path), next: 0, target })
  }
}

/** A directory that is there for what is below it: an existing one takes only the mode, a new one has no time of its own. */
const onTheWay = (copy: Copy, entry: LayerAddition, found: TreeEntry | undefined): LayerAddition =>
  found === undefined ? { ...entry, mtime: copy.attributes.now } : { ...found, kind: 'add', mode: entry.mode }

const linksOf = (copy: Copy, inode: string): object => {
  const known = copy.links.get(inode) ?? {}
  copy.links.set(inode, known)
  return known
}

/** Member by member: this runs once per file, and object spread costs ten times as much. */
const withAttributes = (source: TreeEntry, path: string, attributes: CopyAttributes): LayerAddition => {
  const { owner, mode } = attributes
  const entry: { -readonly [K in keyof LayerAddition]: LayerAddition[K] } = {
    kind: 'add',
    path,
    type: source.type,
    mode:
      mode === undefined || source.type === 'symlink'
        ? source.mode
        : mode.apply(source.mode, source.type === 'directory'),
    uid: owner === undefined ? source.uid : owner.uid,
    gid: owner === undefined ? source.gid : owner.gid,
    size: source.size,
    mtime: source.mtime,
    mtimeNsec: 0,
  }
  if (source.linkName !== undefined) entry.linkName = source.linkName
  if (source.major !== undefined) entry.major = source.major
  if (source.minor !== undefined) entry.minor = source.minor
  if (source.xattrs !== undefined) entry.xattrs = source.xattrs
  return entry
}
