/**
 * The stat cache's file, little endian: magic, 32 bytes digest of the ignore rules, one block per directory, 32 bytes seal
 * (sha256 of all before). A block:
 *   u32 size of the rest, u32 path length, u32 1 when comparable, u32 records, u32 hidden names, u32 records of files,
 *   u32 records of directories, 32 bytes tree digest (zeros: unknown), path, records, hidden names (u16 length, name).
 * A record: f64 size, mtime, ctime, inode, device, st_mode; 32 bytes digest; u16 flags, u16 length of the name, u16 length
 * of the rest; name; rest (target of a symlink, major:minor of a device).
 * The helper reads it too (native/fsops_changed.c), and writes blocks of it (native/fsops_list.c).
 */
export const magic = 'TSBSTAT2'
export const headerSize = 8 + 32
export const sealSize = 32
/** Fixed part of a block. */
export const blockSize = 7 * 4 + 32
/** Fixed part of a record. */
export const recordSize = 6 * 8 + 32 + 3 * 2

export const blockAt = {
  pathLength: 4,
  comparable: 8,
  records: 12,
  hidden: 16,
  files: 20,
  directories: 24,
  treeDigest: 28,
} as const
export const recordAt = {
  size: 0,
  mtime: 8,
  ctime: 16,
  inode: 24,
  device: 32,
  mode: 40,
  digest: 48,
  flags: 80,
  nameLength: 82,
  restLength: 84,
} as const
export const recordFlag = { digest: 1, linked: 2 } as const
