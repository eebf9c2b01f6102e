import { baseOf, byCodeUnit, joinInRoot, parentOf } from '../../foundation/filetree/index.ts'
import { draftOf, type EntryDraft } from './entry-draft.ts'
import { impliedDirectory } from './index-parents.ts'
import { badLayer } from './layer-error.ts'
import { shown } from './member-path.ts'
import {
  type DirectoryNode,
  directoryNode,
  type Inode,
  type LeafNode,
  type Place,
  type TableNode,
} from './table-node.ts'
import { resolveDirectory } from './table-resolve.ts'
import type { IndexEntry, LayerAddition, TarMember } from './types.ts'

/** What a tree on disk has to do to follow the table. All paths are real: no component of them is a symlink. */
export interface TableEvents {
  /** A directory has come into being. */
  directory?(path: string): void
  /** What was at `path` (with all below it) gives way. */
  removed?(path: string, type: LayerAddition['type']): void
  /** `path` is another name of the regular file at `target`. */
  linked?(path: string, target: string): void
}

/** Where a member ended up. */
export interface Placed {
  readonly path: string
  readonly inode: Inode
}

/** The file system that a layer tar describes, built member by member with the rules of docker's unpacking. */
export interface LayerTable {
  /** Undefined for whiteouts and opaque markers. The table keeps the member's entry, and may add to it. Throws `bad-layer`. */
  place(member: TarMember, offset?: number): Placed | undefined
  /** The result in tree order: the first path of an inode is the file, the others are hard links to it. */
  entries(): readonly IndexEntry[]
}

export const createLayerTable = (events: TableEvents = {}): LayerTable => {
  const root = directoryNode(impliedDirectory(''), false)
  /** Members of one directory mostly come together. */
  let last: { readonly asked: string; readonly place: Place } | undefined

  let hasLinks = false

  const implied = (parent: Place, name: string, found: TableNode | undefined): DirectoryNode => {
    const path = joinInRoot(parent.path, name)
    // A directory below a removed one hides what the removed one held.
    const node = directoryNode(impliedDirectory(path), found?.kind === 'whiteout')
    parent.node.children.set(name, node)
    events.directory?.(path)
    return node
  }

  const directoryAt = (path: string): Place => {
    if (last?.asked === path) return last.place
    const place = resolveDirectory(root, path, implied)
    if (!place) throw badLayer(`no directory ${shown(path)}`)
    last = { asked: path, place }
    return place
  }

  const remove = (parent: Place, name: string): void => {
    const found = parent.node.children.get(name)
    if (!found || found.kind === 'whiteout') return
    parent.node.children.delete(name)
    last = undefined
    events.removed?.(joinInRoot(parent.path, name), found.inode.entry.type)
  }

  const placeDirectory = (parent: Place, name: string, entry: LayerAddition): Placed => {
    const found = parent.node.children.get(name)
    const draft = entryAt(parent, name, entry)
    const { path } = draft
    if (found?.kind === 'directory') {
      found.inode.entry = draft
      return { path, inode: found.inode }
    }
    remove(parent, name)
    const node = directoryNode(draft, found?.kind === 'whiteout')
    parent.node.children.set(name, node)
    events.directory?.(path)
    return { path, inode: node.inode }
  }

  const placeLink = (parent: Place, name: string, target: string): Placed => {
    const path = joinInRoot(parent.path, name)
    const holder = resolveDirectory(root, parentOf(target), () => undefined)
    const found = holder?.node.children.get(baseOf(target))
    if (!holder || found?.kind !== 'leaf')
      throw badLayer(`hard link ${shown(path)} to ${shown(target)}: expected a file of this layer`)
    const realTarget = joinInRoot(holder.path, baseOf(target))
    if (realTarget === path) return { path, inode: found.inode }
    if (realTarget.startsWith(`${path}/`)) throw badLayer(`hard link ${shown(path)} replaces its own target`)
    remove(parent, name)
    hasLinks = true
    parent.node.children.set(name, { kind: 'leaf', path, inode: found.inode })
    if (found.inode.entry.type === 'file') events.linked?.(path, realTarget)
    return { path, inode: found.inode }
  }

  const placeEntry = (entry: LayerAddition, offset: number): Placed => {
    if (entry.path === '') return placeRoot(root, entry)
    const parent = directoryAt(parentOf(entry.path))
    const name = baseOf(entry.path)
    if (entry.hardlink !== undefined) return placeLink(parent, name, entry.hardlink)
    if (entry.type === 'directory') return placeDirectory(parent, name, entry)
    remove(parent, name)
    const draft = entryAt(parent, name, entry)
    const { path } = draft
    if (draft.type === 'file') draft.offset = offset
    const inode = { entry: draft }
    parent.node.children.set(name, { kind: 'leaf', path, inode })
    return { path, inode }
  }

  /** Whiteouts act on the layers below, never on what the same layer adds, in whatever order they come. */
  const placeWhiteout = (path: string): void => {
    const parent = directoryAt(parentOf(path))
    const found = parent.node.children.get(baseOf(path))
    if (!found) parent.node.children.set(baseOf(path), { kind: 'whiteout' })
    else if (found.kind === 'directory') found.opaque = true
  }

  return {
    place: (member) => {
      if (member.kind === 'add') return placeEntry(member.entry, member.offset)
      if (member.kind === 'whiteout') placeWhiteout(member.path)
      else directoryAt(member.path).node.opaque = true
      return undefined
    },
    entries: () => listEntries(root, hasLinks ? countLinks(root) : new Map()),
  }
}

/** The entry under its real path: the same one unless a symlink led to its directory. */
const entryAt = (parent: Place, name: string, entry: LayerAddition): EntryDraft => {
  const path = joinInRoot(parent.path, name)
  return entry.path === path ? entry : draftOf(entry, path)
}

const placeRoot = (root: DirectoryNode, entry: LayerAddition): Placed => {
  if (entry.type !== 'directory') throw badLayer(`the root is a ${entry.type}: expected a directory`)
  root.inode.entry = entry
  return { path: '', inode: root.inode }
}

/** @param counts how many names an inode has, where that is not one */
const listEntries = (root: DirectoryNode, counts: ReadonlyMap<Inode, number>): readonly IndexEntry[] => {
  const firstPaths = new Map<Inode, string>()
  const entries: IndexEntry[] = []
  if (root.opaque || !root.inode.entry.implied) entries.push(directoryEntry(root))
  walk(root, (node, name, parent) => {
    if (node.kind === 'whiteout') entries.push({ kind: 'whiteout', path: joinInRoot(parent, name) })
    else if (node.kind === 'directory') entries.push(directoryEntry(node))
    else entries.push(leafEntry(node, (counts.get(node.inode) ?? 1) > 1, firstPaths))
  })
  return entries
}

const directoryEntry = ({ inode: { entry }, opaque }: DirectoryNode): IndexEntry => {
  if (!opaque) return entry
  const draft = draftOf(entry, entry.path)
  draft.opaque = true
  return draft
}

const leafEntry = (
  { inode, path }: LeafNode,
  isShared: boolean,
  firstPaths: Map<Inode, string>,
): IndexEntry => {
  // With one name, its path can still have changed: the first name may be gone.
  if (!isShared) return inode.entry.path === path ? inode.entry : draftOf(inode.entry, path)
  const draft = draftOf(inode.entry, path)
  const first = firstPaths.get(inode)
  draft.inode = first ?? path
  if (first === undefined) firstPaths.set(inode, path)
  else draft.hardlink = first
  return draft
}

const countLinks = (root: DirectoryNode): ReadonlyMap<Inode, number> => {
  const counts = new Map<Inode, number>()
  const open = [root]
  for (let top = open.pop(); top; top = open.pop())
    for (const node of top.children.values())
      if (node.kind === 'directory') open.push(node)
      else if (node.kind === 'leaf') counts.set(node.inode, (counts.get(node.inode) ?? 0) + 1)
  return counts
}

/** Depth first, siblings in code unit order, without recursion. */
const walk = (root: DirectoryNode, visit: (node: TableNode, name: string, parent: string) => void): void => {
  const open = [{ path: '', names: sortedNames(root), node: root, next: 0 }]
  for (let top = open.at(-1); top; top = open.at(-1)) {
    const name = top.names[top.next++]
    const node = name === undefined ? undefined : top.node.children.get(name)
    if (name === undefined || !node) {
      open.pop()
      continue
    }
    visit(node, name, top.path)
    if (node.kind === 'directory')
      open.push({ path: node.inode.entry.path, names: sortedNames(node), node, next: 0 })
  }
}

const sortedNames = (node: DirectoryNode): readonly string[] => [...node.children.keys()].sort(byCodeUnit)
