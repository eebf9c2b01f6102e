import type { TreeEntry } from '../../foundation/filetree/index.ts'
import type { IndexAddition } from './types.ts'

/** An entry in the making. Optional members are set only when there is something to say. */
export type EntryDraft = { -readonly [K in keyof IndexAddition]: IndexAddition[K] }

type DraftSource = TreeEntry & Partial<Omit<IndexAddition, keyof TreeEntry | 'kind'>>

/**
 * A copy of an entry under another (or the same) path. Member by member: this runs once or twice per file of a layer, and
 * object spread costs ten times as much.
 */
export const draftOf = (source: DraftSource, path: string): EntryDraft => {
  const draft: EntryDraft = {
    kind: 'add',
    path,
    type: source.type,
    mode: source.mode,
    uid: source.uid,
    gid: source.gid,
    size: source.size,
    mtime: source.mtime,
    mtimeNsec: source.mtimeNsec,
  }
  if (source.linkName !== undefined) draft.linkName = source.linkName
  if (source.major !== undefined) draft.major = source.major
  if (source.minor !== undefined) draft.minor = source.minor
  if (source.xattrs !== undefined) draft.xattrs = source.xattrs
  if (source.inode !== undefined) draft.inode = source.inode
  if (source.hardlink !== undefined) draft.hardlink = source.hardlink
  if (source.opaque) draft.opaque = true
  if (source.offset !== undefined) draft.offset = source.offset
  if (source.contentDigest !== undefined) draft.contentDigest = source.contentDigest
  if (source.implied) draft.implied = true
  return draft
}
