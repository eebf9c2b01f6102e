import { assertNever, InternalError } from '../../foundation/errors/index.ts'
import { baseOf, type FileContent, joinInRoot, parentOf } from '../../foundation/filetree/index.ts'
import { createHasher } from '../../foundation/oci/index.ts'
import { draftOf, type EntryDraft } from './entry-draft.ts'
import { createIndexList } from './index-list.ts'
import { LayerError } from './layer-error.ts'
import { belongsInLayer, opaqueMarker, whiteoutPrefix } from './layer-names.ts'
import { typeFlag } from './tar-header.ts'
import type { Member } from './tar-member.ts'
import { createTarOutput, type TarSink } from './tar-output.ts'
import type { IndexEntry, LayerAddition, LayerTarOptions, LayerTarWriter } from './types.ts'

/**
 * Canonical layer tar (see LayerTarWriter). Without `out` only the DiffId, the size and the index are made.
 * Times are whole seconds, as in layers of docker and BuildKit: a tree made from the tar then has the same DiffId again.
 */
export const createLayerTarWriter = (out?: TarSink, options: LayerTarOptions = {}): LayerTarWriter => {
  const output = createTarOutput(out)
  const list = createIndexList()

  const addContent = (entry: EntryDraft, content: FileContent | undefined, known?: KnownDigest): void => {
    entry.offset = output.position()
    if (content === undefined && entry.size > 0)
      throw new InternalError(`layer entry ${entry.path}: no content`)
    const hasher = known === undefined && options.contentDigests ? createHasher() : undefined
    if (content) output.content(content, entry.size, hasher && ((chunk) => hasher.update(chunk)))
    const contentDigest = (typeof known === 'function' ? known() : known) ?? hasher?.digest('hex')
    if (contentDigest !== undefined) entry.contentDigest = contentDigest
  }

  const addEntry = (entry: LayerAddition, content?: FileContent, known?: KnownDigest): void => {
    if (entry.type === 'socket') return
    refuseReserved(entry.path)
    const plain = canonical(entry)
    const member = memberOf(plain)
    output.member(options.prefix === undefined ? member : prefixed(member, options.prefix))
    if (plain.type === 'file' && plain.hardlink === undefined) addContent(plain, content, known)
    list.add(plain)
    if (plain.opaque) output.member(marker(joinInRoot(plain.path, opaqueMarker)))
  }

  return {
    add: (entry, content, contentDigest) => {
      if (entry.kind === 'add') {
        addEntry(entry, content, contentDigest)
      } else {
        if (entry.path === '') throw new InternalError('layer entry: the root cannot be removed')
        refuseReserved(entry.path)
        list.add({ kind: 'whiteout', path: entry.path })
        output.member(marker(joinInRoot(parentOf(entry.path), whiteoutPrefix + baseOf(entry.path))))
      }
    },
    addRun({ tar, start, end, entries }) {
      const shift = output.position() - start
      for (const entry of entries) list.add(moved(entry, shift))
      output.run({ kind: 'range', path: tar, offset: start, size: end - start })
    },
    position: output.position,
    finish: () => ({ ...output.finish(), index: list.entries }),
  }
}

const moved = (entry: IndexEntry, shift: number): IndexEntry => {
  if (entry.kind === 'whiteout' || entry.offset === undefined || shift === 0) return entry
  const draft = draftOf(entry, entry.path)
  draft.offset = entry.offset + shift
  return draft
}

type KnownDigest = Parameters<LayerTarWriter['add']>[2]

/** A file of this name would be taken for a whiteout by whoever reads the layer. */
const refuseReserved = (path: string): void => {
  if (baseOf(path).startsWith(whiteoutPrefix))
    throw new LayerError(
      'unsupported-tree',
      `write layer: /${path}: names that begin with .wh. mean deletion in a layer`,
      {
        hint: 'remove or rename the file in the step that makes it',
      },
    )
}

/** What the tar will say of the entry: no more than a reader gets back. */
const canonical = (entry: LayerAddition): EntryDraft => {
  const draft = draftOf(entry, entry.path)
  draft.mode = entry.type === 'symlink' ? 0o777 : entry.mode & 0o7777
  draft.size = entry.type === 'file' ? entry.size : 0
  draft.mtimeNsec = 0
  if (!entry.xattrs) return draft
  const kept = new Map([...entry.xattrs].filter(([name]) => belongsInLayer(name)))
  if (kept.size > 0) draft.xattrs = kept
  else delete draft.xattrs
  return draft
}

const memberOf = (entry: LayerAddition): Member => {
  const { path, linkName } = entry
  if (entry.hardlink !== undefined) return memberWith(entry, path, entry.hardlink, typeFlag.hardlink)
  switch (entry.type) {
    case 'file':
    case 'fifo':
    case 'char':
    case 'block':
      return memberWith(entry, path, '', typeFlag[entry.type])
    case 'directory':
      return memberWith(entry, path === '' ? './' : `${path}/`, '', typeFlag.directory)
    case 'symlink':
      return memberWith(entry, path, linkName ?? '', typeFlag.symlink)
    case 'socket':
      throw new InternalError('sockets are not written')
    default:
      return assertNever(entry.type)
  }
}

/** Hard links name their targets as the tar does. */
const prefixed = (member: Member, prefix: string): Member => ({
  ...member,
  name: member.name === './' ? prefix : `${prefix}${member.name}`,
  link: member.type === typeFlag.hardlink ? `${prefix}${member.link}` : member.link,
})

const memberWith = (entry: LayerAddition, name: string, link: string, type: number): Member => ({
  name,
  link,
  type,
  mode: entry.mode,
  uid: entry.uid,
  gid: entry.gid,
  size: type === typeFlag.file ? entry.size : 0,
  mtime: entry.mtime,
  major: entry.major ?? 0,
  minor: entry.minor ?? 0,
  xattrs: type === typeFlag.hardlink ? undefined : entry.xattrs,
})

const marker = (name: string): Member => ({
  name,
  link: '',
  type: typeFlag.file,
  mode: 0,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
  major: 0,
  minor: 0,
  xattrs: undefined,
})
