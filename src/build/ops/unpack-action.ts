import { type FileTree, joinInRoot, parentOf, type TreeEntry } from '../../foundation/filetree/index.ts'
import type { LayerAddition } from '../../store/layer/index.ts'
import { resolveInTree } from '../context/index.ts'
import { type CopyAttributes, newDirectory } from './copy-action.ts'
import type { FilePlan, PlannedContent, PlannedEntry } from './file-plan.ts'
import { badArchive, type OpenArchive } from './unpack-archive.ts'

interface Unpack {
  readonly plan: FilePlan
  readonly base: FileTree
  readonly archive: OpenArchive
  /** Name of the archive, for messages. */
  readonly shown: string
  readonly attributes: CopyAttributes
}

/**
 * Plans what unpacking an archive into `destination` gives. As docker: members replace what stands there, except that a
 * directory stays a directory; --chown applies to everything, --chmod to nothing. The destination is the root of the archive:
 * links on the way are followed inside it only. Names with a meaning in layers (`.wh.x`) are refused: they would delete `x`
 * wherever the image is used.
 */
export const planUnpack = (unpack: Unpack, destination: string): void => {
  const { plan, archive, shown, attributes } = unpack
  const root = plan.resolve(destination)
  // An octal --chmod, which would reach implied directories too, is for copies only.
  plan.makeDirectory(root, newDirectory({ ...attributes, mode: undefined }))
  for (const member of archive.members) {
    if (member.kind !== 'add') {
      throw badArchive(shown, `${member.path} has a name that means deletion in a layer (.wh.)`)
    }
    if (member.entry.path !== '') planMember(unpack, root, member.entry, member.offset)
  }
}

const planMember = (unpack: Unpack, root: string, member: LayerAddition, offset: number): void => {
  const { plan, attributes, archive } = unpack
  const parent = resolveBelow(unpack, root, parentOf(member.path))
  plan.makeDirectory(parent, newDirectory({ ...attributes, mode: undefined }))
  const path = joinInRoot(parent, member.path.slice(member.path.lastIndexOf('/') + 1))
  const planned =
    member.hardlink === undefined
      ? planEntry(withPlace(member, path, attributes), () => archive.contentOf(offset, member.size))
      : linkTo(unpack, root, member, path)
  const found = plan.at(path)
  if (found !== undefined && (found.type === 'directory') !== (planned.entry.type === 'directory'))
    plan.remove(path)
  plan.put(path, planned)
}

/** The real path of a directory of the archive. */
const resolveBelow = ({ plan, shown }: Unpack, root: string, path: string): string => {
  const at = (below: string): TreeEntry | undefined => plan.at(joinInRoot(root, below))
  const real = resolveInTree(at, path, { follow: true, create: true })
  if (real === undefined) throw badArchive(shown, `too many symbolic links in ${path}`)
  return joinInRoot(root, real)
}

const planEntry = (
  entry: LayerAddition,
  content: () => ReturnType<OpenArchive['contentOf']>,
): PlannedEntry =>
  entry.type === 'file' ? { entry, content: { kind: 'content', content: content() } } : { entry }

const withPlace = (member: LayerAddition, path: string, attributes: CopyAttributes): LayerAddition => {
  const { hardlink: _hardlink, opaque: _opaque, inode: _inode, ...entry } = member
  return { ...entry, path, ...attributes.owner, mtimeNsec: 0 }
}

/** A hard link's target is a path of the archive, so it lies below the destination too; links on the way stay in the image. */
const linkTo = (unpack: Unpack, root: string, member: LayerAddition, path: string): PlannedEntry => {
  const { plan, base, shown, attributes } = unpack
  const { hardlink = '' } = member
  const parent = resolveBelow(unpack, root, parentOf(hardlink))
  const target = joinInRoot(parent, hardlink.slice(hardlink.lastIndexOf('/') + 1))
  const found = plan.at(target)
  if (found === undefined || found.type === 'directory') {
    throw badArchive(
      shown,
      `${path} is a hard link to ${hardlink}, which is no file of the archive or the image`,
    )
  }
  const change = plan.changes.get(target)
  if (change === undefined || found.type !== 'file') {
    const content: PlannedContent = { kind: 'tree', tree: base, entry: found }
    return { entry: { ...found, kind: 'add', path }, ...(found.type === 'file' && { content }) }
  }
  const links = change.links ?? {}
  if (change.links === undefined) plan.put(target, { ...change, links })
  // The link's own header has the last word on what all of them have.
  const { mode, uid, gid, mtime } = { ...member, ...attributes.owner }
  const { entry } = change
  if (entry.mode !== mode || entry.uid !== uid || entry.gid !== gid || entry.mtime !== mtime) {
    for (const [other, planned] of plan.changes)
      if (planned.links === links)
        plan.put(other, { ...planned, entry: { ...planned.entry, mode, uid, gid, mtime } })
  }
  return { ...change, entry: { ...entry, path, mode, uid, gid, mtime }, links }
}
