import { above, writeDirectory } from './image-directory.ts'
import {
  blockSize,
  deviceNumber,
  inodeSize,
  modeBits,
  nidAt,
  writeInode,
  writeSuperblock,
} from './image-format.ts'
import { type ImageLayout, layOutImage, rootInodeAt, typeAt } from './image-layout.ts'
import { rowSize } from './index-record.ts'
import { type IndexRows, openRows } from './index-rows.ts'
import type { PatchTable } from './patch-table.ts'

/**
 * The metadata of a read-only file system (EROFS; see image-format) that shows a layer as an overlay lowerdir, whiteouts and opaque
 * marks included. Files have their bytes where they lie in the tar. Undefined when the layer cannot be said so: it has to be unpacked. Throws `bad-index`.
 *
 * @param index bytes of the layer's index file, with offsets; works on its rows, since a layer has many
 * @param tarSize bytes of the layer's uncompressed tar, which is the image's extra device
 * @param patch what that tar is made of: then the base's tar is the first extra device, and the patch file the second one
 */
export const encodeImage = (index: Buffer, tarSize: number, patch?: PatchTable): Buffer | undefined => {
  const devices = patch ? [patch.baseSize, patch.ownSize] : [tarSize]
  // A loop device leaves out the rest of a tar that was not written in whole blocks.
  if (devices.some((size) => size % blockSize !== 0)) return undefined
  if (patch && patch.tarSize !== tarSize) return undefined
  const rows = openRows(index)
  const layout = layOutImage(rows)
  if (layout === undefined) return undefined
  const blocks = layout.bytes / blockSize
  const deviceBlocks = devices.map((size) => size / blockSize)
  if (deviceBlocks.reduce((sum, count) => sum + count, blocks) > maxBlocks) return undefined
  const image = Buffer.alloc(layout.bytes)
  const { inodes } = layout
  writeSuperblock(image, { inodes, rootNid: nidAt(rootInodeAt), blocks, deviceBlocks })
  if (!writeInodes(image, rows, layout, { blocks, patch })) return undefined
  for (const [row, xattrs] of layout.xattrs) xattrs.copy(image, (layout.inodeAt[row] ?? 0) + inodeSize)
  for (const { target, at } of layout.symlinks.values()) target.copy(image, at)
  for (const [directory, { order, at }] of layout.directories) {
    const rowOf = (row: number): number =>
      row >= 0 ? row : row === above ? (layout.parent[directory] ?? 0) : directory
    writeDirectory(image, at, rows, { order, nidOf: (row) => nidAt(layout.inodeAt[rowOf(row)] ?? 0) })
  }
  return image
}

/** Numbers of blocks have 32 bits. */
const maxBlocks = 2 ** 32 - 2

interface Places {
  /** Of the image. */
  readonly blocks: number
  readonly patch: PatchTable | undefined
}

/** One object for all inodes: a layer has many. False when a file's bytes do not lie in one piece. */
const writeInodes = (image: Buffer, rows: IndexRows, layout: ImageLayout, places: Places): boolean => {
  const view = new DataView(image.buffer, image.byteOffset, image.length)
  const { numbers } = rows
  const fields = { mode: 0, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0, links: 1, place: 0, xattrs: 0 }
  for (let row = 0; row < rows.rowCount; row++) {
    if (rows.has(row, 'hardlink')) continue
    const at = row * rowSize
    const type = typeAt(rows, row)
    const content = layout.directories.get(row) ?? layout.symlinks.get(row)
    fields.mode = modeBits[type] | numbers.getUint16(at + 8, true)
    fields.uid = numbers.getUint32(at + 12, true)
    fields.gid = numbers.getUint32(at + 16, true)
    fields.mtimeNsec = numbers.getUint32(at + 20, true)
    fields.mtime = numbers.getFloat64(at + 24, true)
    fields.size = content?.size ?? numbers.getFloat64(at + 32, true)
    fields.links = layout.links[row] ?? 1
    fields.xattrs = layout.xattrs.get(row)?.length ?? 0
    if (content) fields.place = content.at / blockSize
    else if (type === 'file') {
      const place = placeOf(places, numbers.getFloat64(at + 40, true), fields.size)
      if (place === undefined) return false
      fields.place = place
    } else fields.place = deviceOf(rows, row)
    if (row === 0 && !rows.hasRoot) fields.mode = modeBits.directory | 0o755
    writeInode(view, layout.inodeAt[row] ?? 0, fields)
  }
  return true
}

/** The block of a file's content, which stands at this byte of the tar. */
const placeOf = ({ blocks, patch }: Places, offset: number, size: number): number | undefined => {
  if (!patch) return blocks + offset / blockSize
  if (size === 0) return blocks
  const place = patch.placeOf(offset, size)
  return place && blocks + (place.offset + (place.source === 'own' ? patch.baseSize : 0)) / blockSize
}

const deviceOf = (rows: IndexRows, row: number): number => {
  const entry = rows.entry(row, '')
  return entry.kind === 'add' ? deviceNumber(entry.major ?? 0, entry.minor ?? 0) : 0
}
