// Layers of many directories, each made of the one before it but for a few files: those that are kept as patches.
import { createHash } from 'node:crypto'
import type { LayerEntryWriter } from '../../src/store/layer/index.ts'
import type { CopySubtree, LayerId, SnapshotStore } from '../../src/store/snapshot/index.ts'

/** What each directory `dN` has: its file `fM` is of `fileSize` bytes, which only depend on this and the names. */
export type Contents = readonly number[]

export const fileSize = 64 << 10
const files = 16
/** 12 MiB: enough for a patch of most of them. */
export const directories = 12

export const fresh: Contents = Array.from({ length: directories }, () => 0)

/** The same with other files in one directory. */
export const edited = (contents: Contents, directory: number, to: number): Contents =>
  contents.with(directory, to)

export const bytesOf = (directory: number, file: number, version: number): Buffer => {
  const seed = createHash('sha256').update(`${directory} ${file} ${version}`).digest()
  return Buffer.alloc(fileSize, seed)
}

const plain = { kind: 'add', uid: 0, gid: 0, mtime: 7, mtimeNsec: 0 } as const

/** A layer that is written, and where its directories stand in its tar. */
export interface Written {
  readonly layer: LayerId
  readonly contents: Contents
  readonly places: readonly { readonly start: number; readonly end: number }[]
}

const much = { files: 10_000, bytes: 64 << 20 }

/** Writes a layer; directories that are as they were in `earlier` are taken over from it. */
export const writeContents = async (
  snapshots: SnapshotStore,
  contents: Contents,
  earlier?: Written,
): Promise<Written> => {
  const places: { start: number; end: number }[] = []
  const layer = await snapshots.writeLargeLayer(much, function* (writer, copy) {
    for (const at of order) {
      const path = `d${at}`
      writer.add({ ...plain, path, type: 'directory', mode: 0o755, size: 0 })
      const start = writer.position()
      fill(writer, copy, { at, contents, earlier })
      places[at] = { start, end: writer.position() }
      yield
    }
  })
  return { layer, contents, places }
}

/** As strings are sorted. */
const order = Array.from({ length: directories }, (_, at) => at).sort((a, b) => (`d${a}` < `d${b}` ? -1 : 1))
const names = Array.from({ length: files }, (_, at) => at).sort((a, b) => (`f${a}` < `f${b}` ? -1 : 1))

const fill = (
  writer: LayerEntryWriter,
  copy: CopySubtree,
  {
    at,
    contents,
    earlier,
  }: { readonly at: number; readonly contents: Contents; readonly earlier: Written | undefined },
): void => {
  const place = earlier?.places[at]
  if (earlier && place && earlier.contents[at] === contents[at]) {
    copy({ layer: earlier.layer, path: `d${at}`, ...place })
    return
  }
  for (const file of names) {
    const bytes = bytesOf(at, file, contents[at] ?? 0)
    const entry = {
      ...plain,
      path: `d${at}/f${file}`,
      type: 'file',
      mode: 0o644,
      size: bytes.length,
    } as const
    writer.add(entry, { kind: 'bytes', bytes })
  }
}
