import { type FileContent, parentOf } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { readLayerTar } from './tar-file.ts'
import { byTreeOrder } from './tree-order.ts'
import type { LayerAddition, LayerTarWriter, TarMember } from './types.ts'

export interface MergeOptions {
  /** Seconds since the epoch: newer files get this time. */
  readonly notAfter?: number
}

/**
 * Writes what several layers do, one on top of the other, as one layer: what a later one removes or replaces is gone, but still hidden
 * in whatever lies below. `tars` are uncompressed, the lowest first; they must be there until the writer is finished.
 */
export const mergeLayers = (
  tars: readonly HostPath[],
  writer: LayerTarWriter,
  options: MergeOptions = {},
): void => {
  const merged: Merging = { entries: new Map(), parents: new Set() }
  for (const [layer, path] of tars.entries()) {
    readLayerTar(path, { member: (member) => apply(merged, member, { layer, path }) })
  }
  write(merged.entries, writer, options)
}

type Merged =
  | { readonly kind: 'whiteout'; readonly path: string }
  | {
      readonly kind: 'add'
      readonly path: string
      readonly entry: LayerAddition
      /** The one that it comes from. */
      readonly layer: number
      readonly content?: FileContent
      /** Equal for the names of one inode. */
      readonly inode?: string
    }

interface Merging {
  readonly entries: Map<string, Merged>
  /** Every path that something was below: others need not be looked through. */
  readonly parents: Set<string>
}

interface Origin {
  readonly layer: number
  readonly path: HostPath
}

const apply = (merged: Merging, member: TarMember, origin: Origin): void => {
  const { entries } = merged
  if (member.kind === 'opaque') {
    const known = entries.get(member.path)
    dropBelow(merged, member.path, origin.layer)
    if (known?.kind === 'add') entries.set(member.path, { ...known, entry: { ...known.entry, opaque: true } })
    return
  }
  if (member.kind === 'whiteout') {
    dropBelow(merged, member.path)
    put(merged, { kind: 'whiteout', path: member.path })
    return
  }
  const { entry } = member
  const before = entries.get(entry.path)
  if (entry.type !== 'directory') dropBelow(merged, entry.path)
  put(merged, addition(entries, member, origin, before))
}

const put = ({ entries, parents }: Merging, entry: Merged): void => {
  entries.set(entry.path, entry)
  for (let path = entry.path; path !== '' && !parents.has(parentOf(path)); ) {
    path = parentOf(path)
    parents.add(path)
  }
}

const addition = (
  entries: ReadonlyMap<string, Merged>,
  { entry, offset }: Extract<TarMember, { readonly kind: 'add' }>,
  { layer, path }: Origin,
  before: Merged | undefined,
): Merged => {
  const at = entry.path
  if (entry.hardlink !== undefined) {
    const first = entries.get(entry.hardlink)
    const { hardlink: _, ...plain } = entry
    if (first?.kind !== 'add') return { kind: 'add', path: at, entry, layer }
    return { ...first, path: at, entry: { ...plain, type: first.entry.type, size: first.entry.size } }
  }
  if (entry.type === 'directory') {
    // In the place of something that hid a directory below it hides that still.
    const hides = before && (before.kind === 'whiteout' || before.entry.type !== 'directory')
    const opaque = hides || (before?.kind === 'add' && before.entry.opaque === true)
    return { kind: 'add', path: at, entry: opaque ? { ...entry, opaque } : entry, layer }
  }
  const inode = `${layer}:${at}`
  const own = { kind: 'add', path: at, entry, layer, inode } as const
  return entry.type === 'file' ? { ...own, content: { kind: 'range', path, offset, size: entry.size } } : own
}

/** Forgets what is below a path; with `layer`, what this layer itself has there stays. */
const dropBelow = ({ entries, parents }: Merging, path: string, layer?: number): void => {
  if (!parents.has(path)) return
  const start = path === '' ? '' : `${path}/`
  for (const [key, known] of entries) {
    if (key === path || !key.startsWith(start)) continue
    if (known.kind === 'whiteout' || known.layer !== layer) entries.delete(key)
  }
}

const write = (merged: ReadonlyMap<string, Merged>, writer: LayerTarWriter, options: MergeOptions): void => {
  const firsts = new Map<string, string>()
  for (const one of [...merged.values()].sort((a, b) => byTreeOrder(a.path, b.path))) {
    if (one.kind === 'whiteout') {
      writer.add(one)
      continue
    }
    const { hardlink: _, inode: __, ...entry } = clamped(one.entry, options)
    const { inode, content } = one
    const first = inode === undefined ? undefined : firsts.get(inode)
    if (first !== undefined) writer.add({ ...entry, path: one.path, hardlink: first })
    else {
      if (inode !== undefined) firsts.set(inode, one.path)
      writer.add({ ...entry, path: one.path }, content)
    }
  }
}

const clamped = (entry: LayerAddition, { notAfter }: MergeOptions): LayerAddition =>
  notAfter === undefined || entry.mtime < notAfter || (entry.mtime === notAfter && entry.mtimeNsec === 0)
    ? entry
    : { ...entry, mtime: notAfter, mtimeNsec: 0 }
