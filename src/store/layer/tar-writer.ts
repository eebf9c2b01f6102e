import { assertNever, InternalError } from '../../foundation/errors/index.ts'
import { baseOf, type FileContent, joinInRoot, parentOf } from '../../foundation/filetree/index.ts'
import { draftOf, type EntryDraft } from './entry-draft.ts'
import { createIndexBuilder } from './index-builder.ts'
import { decodeIndex } from './index-file.ts'
import { LayerError } from './layer-error.ts'
import { belongsInLayer, opaqueMarker, whiteoutPrefix } from './layer-names.ts'
import { typeFlag } from './tar-header.ts'
import type { Member } from './tar-member.ts'
import { createTarOutput, type TarBody, type TarSink } from './tar-output.ts'
import type {
  EncodedIndex,
  LayerAddition,
  LayerEntryWriter,
  LayerTarOptions,
  LayerTarWriter,
  PackedTarResult,
} from './types.ts'

/**
 * Canonical layer tar (see LayerTarWriter). Without `out` only the DiffId, the size and the index are made.
 * Times are whole seconds, as in layers of docker and BuildKit: a tree made from the tar then has the same DiffId again.
 */
export const createLayerTarWriter = (out?: TarSink, options: LayerTarOptions = {}): LayerTarWriter => {
  const output = createTarOutput(out)
  const { writer, encode } = createEntryWriter(output, options)
  return { ...writer, finish: () => withIndex(output.finish(), encode()) }
}

export const withIndex = (
  { diffId, size, pieces }: Pick<PackedTarResult, 'diffId' | 'size' | 'pieces'>,
  encoded: EncodedIndex,
): PackedTarResult => ({
  diffId,
  size,
  ...(pieces && { pieces }),
  encoded,
  get index() {
    return [...decodeIndex(encoded.bytes).entries()]
  },
})

/** Entries to the body of a tar and to an index. */
export const createEntryWriter = (
  output: TarBody,
  options: LayerTarOptions = {},
): { readonly writer: LayerEntryWriter; readonly encode: () => EncodedIndex } => {
  const index = createIndexBuilder({ marksLinks: true, spool: options.spool })

  const addFile = (entry: EntryDraft, content: FileContent | undefined, known?: KnownDigest): void => {
    entry.offset = output.position()
    if (content === undefined && entry.size > 0)
      throw new InternalError(`layer entry ${entry.path}: no content`)
    if (typeof known === 'string') entry.contentDigest = known
    const first = typeof known === 'object' ? known : undefined
    const asks = first !== undefined || (known === undefined && options.contentDigests === true)
    const wanted = content !== undefined && asks
    const place = index.add(entry, wanted)
    const asked = wanted ? { index, place, path: entry.path, witness: first } : undefined
    if (content) output.content(content, entry.size, asked)
  }

  const addEntry = (entry: LayerAddition, content?: FileContent, known?: KnownDigest): void => {
    if (entry.type === 'socket') return
    refuseReserved(entry.path)
    const plain = canonical(entry)
    const member = memberOf(plain)
    output.member(options.prefix === undefined ? member : prefixed(member, options.prefix))
    if (plain.type === 'file' && plain.hardlink === undefined) addFile(plain, content, known)
    else index.add(plain)
    if (plain.opaque) output.member(marker(joinInRoot(plain.path, opaqueMarker)))
  }

  const writer: LayerEntryWriter = {
    add: (entry, content, digest) => {
      if (entry.kind === 'add') {
        addEntry(entry, content, digest)
      } else {
        if (entry.path === '') throw new InternalError('layer entry: the root cannot be removed')
        refuseReserved(entry.path)
        index.add({ kind: 'whiteout', path: entry.path })
        output.member(marker(joinInRoot(parentOf(entry.path), whiteoutPrefix + baseOf(entry.path))))
      }
    },
    addRun({ parts, start, index: source, path }) {
      index.addBelow(source.rows, path, output.position() - start)
      for (const part of parts) output.run(part)
    },
    position: output.position,
  }
  return { writer, encode: index.encode }
}

type KnownDigest = Parameters<LayerEntryWriter['add']>[2]

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
