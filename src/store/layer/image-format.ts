import type { RowType } from './index-record.ts'

/**
 * What of EROFS's on-disk format an image uses (kernel, fs/erofs/erofs_fs.h). Little endian. Blocks of 512 bytes, as those of a tar:
 *   block 2      superblock (at byte 1024) and the slots of the extra devices: the one that has the tar, or two, the tar of a patch's base
 *                and the patch
 *   from 3       inodes of 64 bytes with their attributes behind them, named by their distance in units of 32 bytes
 *   then         contents of directories, targets of symlinks
 * Files have no blocks here: theirs are those of the devices, numbered on from the last of the image.
 */
export const blockBits = 9
export const blockSize = 1 << blockBits
export const inodeSize = 64
export const inodeUnit = 32
/** Byte where inodes begin. */
export const inodesAt = 3 * blockSize
export const direntSize = 12

const superblockAt = 2 * blockSize
const magic = 0xe0f5e1e2
const deviceTable = 0x8
/** Behind the superblock, counted in slots. */
const deviceSlot = 9
const deviceSlotSize = 128

export interface ImageFacts {
  readonly inodes: number
  readonly rootNid: number
  /** Blocks of the image itself; those of the devices follow. */
  readonly blocks: number
  /** Of each device. */
  readonly deviceBlocks: readonly number[]
}

export const writeSuperblock = (image: Buffer, facts: ImageFacts): void => {
  const at = superblockAt
  image.writeUInt32LE(magic, at)
  image.writeUInt8(blockBits, at + 12)
  image.writeUInt16LE(facts.rootNid, at + 14)
  image.writeBigUInt64LE(BigInt(facts.inodes), at + 16)
  image.writeUInt32LE(facts.blocks, at + 36)
  image.writeUInt32LE(inodesAt / blockSize, at + 40)
  image.writeUInt32LE(deviceTable, at + 80)
  image.writeUInt16LE(facts.deviceBlocks.length, at + 86)
  image.writeUInt16LE(deviceSlot, at + 88)
  let [slot, first] = [deviceSlot * deviceSlotSize, facts.blocks]
  for (const blocks of facts.deviceBlocks) {
    image.writeUInt32LE(blocks, slot + 64)
    image.writeUInt32LE(first, slot + 68)
    slot += deviceSlotSize
    first += blocks
  }
}

export interface InodeFields {
  /** As st_mode: type and permissions. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtime: number
  readonly mtimeNsec: number
  readonly links: number
  /** First block of the content, or the device number of a device. */
  readonly place: number
  /** Bytes of attributes behind it. */
  readonly xattrs: number
}

export const nidAt = (at: number): number => (at - inodesAt) / inodeUnit

/** An extended inode whose content, if any, lies in consecutive blocks. */
export const writeInode = (image: DataView, at: number, fields: InodeFields): void => {
  image.setUint16(at, 1, true)
  image.setUint16(at + 2, fields.xattrs === 0 ? 0 : (fields.xattrs - xattrHeaderSize) / 4 + 1, true)
  image.setUint16(at + 4, fields.mode, true)
  setUint64(image, at + 8, fields.size)
  image.setUint32(at + 16, fields.place, true)
  image.setUint32(at + 20, nidAt(at), true)
  image.setUint32(at + 24, fields.uid, true)
  image.setUint32(at + 28, fields.gid, true)
  setUint64(image, at + 32, fields.mtime)
  image.setUint32(at + 40, fields.mtimeNsec, true)
  image.setUint32(at + 44, fields.links, true)
}

export const xattrHeaderSize = 12

/** Also negative ones, as two's complement. BigInts would cost more than all the rest. */
const setUint64 = (image: DataView, at: number, value: number): void => {
  image.setUint32(at, value % 2 ** 32, true)
  image.setUint32(at + 4, Math.floor(value / 2 ** 32), true)
}

/** inode(7), "The file type and mode". */
export const modeBits: Readonly<Record<RowType, number>> = {
  file: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  char: 0o020000,
  block: 0o060000,
  fifo: 0o010000,
  socket: 0o140000,
  // Overlay's: a device without a number.
  whiteout: 0o020000,
}

/** Types in directories, as of readdir(3)'s d_type but numbered by themselves (kernel, include/linux/fs_types.h). */
export const direntTypes: Readonly<Record<RowType, number>> = {
  file: 1,
  directory: 2,
  char: 3,
  block: 4,
  fifo: 5,
  socket: 6,
  symlink: 7,
  whiteout: 3,
}

/** As the kernel's new_encode_dev: low 8 bits of minor, 12 of major, the rest of minor. */
export const deviceNumber = (major: number, minor: number): number =>
  ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) >>> 0
