import { assertNever, InternalError } from '../../foundation/errors/index.ts'
import { baseOf, type FileContent, joinInRoot, parentOf } from '../../foundation/filetree/index.ts'
import { createHasher } from '../../foundation/oci/index.ts'
import { createIndexList } from './index-list.ts'
import { LayerError } from './layer-error.ts'
import { belongsInLayer, opaqueMarker, whiteoutPrefix } from './layer-names.ts'
import { typeFlag } from './tar-header.ts'
import type { Member } from './tar-member.ts'
import { createTarOutput, type TarSink } from './tar-output.ts'
import type { IndexAddition, LayerAddition, LayerTarOptions, LayerTarWriter } from './types.ts'

/**
 * Canonical layer tar (see LayerTarWriter). Without `out` only the DiffId, the size and the index are made.
 * Times are whole seconds, as in layers of docker and BuildKit: a tree made from the tar then has the same DiffId again.
 */
export const createLayerTarWriter = (out?: TarSink, options: LayerTarOptions = {}): LayerTarWriter => {
  const output = createTarOutput(out)
  const list = createIndexList()

  const addContent = (
    entry: LayerAddition,
    content: FileContent | undefined,
    known?: string,
  ): IndexAddition => {
    const offset = output.position()
    if (content === undefined && entry.size > 0)
      throw new InternalError(`layer entry ${entry.path}: no content`)
    const hasher = known === undefined && options.contentDigests ? createHasher() : undefined
    if (content) output.content(content, entry.size, hasher && ((chunk) => hasher.update(chunk)))
    const contentDigest = known ?? hasher?.digest('hex')
    return { ...entry, offset, ...(contentDigest !== undefined && { contentDigest }) }
  }

  const addEntry = (entry: LayerAddition, content?: FileContent, known?: string): void => {
    if (entry.type === 'socket') return
    refuseReserved(entry.path)
    const plain = canonical(entry)
    output.member(memberOf(plain))
    const hasContent = plain.type === 'file' && plain.hardlink === undefined
    list.add(hasContent ? addContent(plain, content, known) : plain)
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
    finish: () => ({ ...output.finish(), index: list.entries }),
  }
}

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
const canonical = (entry: LayerAddition): LayerAddition => {
  const { xattrs, ...rest } = entry
  const kept = xattrs && new Map([...xattrs].filter(([name]) => belongsInLayer(name)))
  return {
    ...rest,
    mode: entry.type === 'symlink' ? 0o777 : entry.mode & 0o7777,
    size: entry.type === 'file' ? entry.size : 0,
    mtimeNsec: 0,
    ...(kept && kept.size > 0 && { xattrs: kept }),
  }
}

const memberOf = (entry: LayerAddition): Member => {
  const base = { ...entry, name: entry.path, link: '', size: 0, major: 0, minor: 0 }
  if (entry.hardlink !== undefined) {
    const { xattrs: _, ...linked } = base
    return { ...linked, link: entry.hardlink, type: typeFlag.hardlink }
  }
  switch (entry.type) {
    case 'file':
      return { ...base, type: typeFlag.file, size: entry.size }
    case 'directory':
      return { ...base, name: entry.path === '' ? './' : `${entry.path}/`, type: typeFlag.directory }
    case 'symlink':
      return { ...base, link: entry.linkName ?? '', type: typeFlag.symlink }
    case 'char':
    case 'block':
      return { ...base, type: typeFlag[entry.type], major: entry.major ?? 0, minor: entry.minor ?? 0 }
    case 'fifo':
      return { ...base, type: typeFlag.fifo }
    case 'socket':
      throw new InternalError('sockets are not written')
    default:
      return assertNever(entry.type)
  }
}

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
})
