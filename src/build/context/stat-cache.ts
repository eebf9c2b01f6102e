import { readFileSync } from 'node:fs'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import { sha256Hex } from './hash-file.ts'

/**
 * What tells that a file is the same as before. `ctimeMs` decides: the kernel sets it at every change of bytes or inode,
 * and no program can set it back. Times are milliseconds with a fraction, as doubles: exact to 0.25 microseconds, far
 * finer than `racyMargin`, so the lost digits cannot hide a change.
 */
export interface FileStamp {
  readonly size: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly ino: number
  readonly dev: number
  readonly mode: number
}

export interface StampedDigest extends FileStamp {
  readonly name: string
  /** Lower-case hex sha256. */
  readonly digest: string
}

/** Remembered files of one directory, to be asked for in code unit order of their names. */
export interface KnownFiles {
  /** The digest, if the file is known and has not changed since. */
  digestOf(name: string, stamp: FileStamp): string | undefined
}

/** Remembered digests of one context, by directory. Nothing is decoded before it is asked for. */
export interface StatCache {
  directories(): Iterable<string>
  open(directory: string): KnownFiles | undefined
  /** Files of one directory in code unit order of their names. */
  files(directory: string): readonly StampedDigest[]
}

const magic = 'TSBSTAT1'
const trailer = 32
const fixed = 6 * 8 + 32 + 2

/**
 * Whether a stamp taken at or after `taken` (milliseconds) identifies the content: its ctime must be older by more than the
 * clock's grain, or a second change within the same tick would leave no trace ("racy git"). Kernel ticks are at most 10 ms;
 * a ctime of whole seconds speaks for a file system that keeps no more, up to 2 s.
 */
export const isSettled = (ctimeMs: number, taken: number): boolean =>
  ctimeMs + (ctimeMs % 1000 === 0 ? 2_100 : 50) < taken

export const sameStamp = (a: FileStamp, b: FileStamp): boolean =>
  a.ctimeMs === b.ctimeMs &&
  a.size === b.size &&
  a.mtimeMs === b.mtimeMs &&
  a.ino === b.ino &&
  a.dev === b.dev &&
  a.mode === b.mode

/** A file that is absent, torn, or of another version is an empty cache. */
export const loadStatCache = (file: HostPath): StatCache => {
  const bytes = readIntact(file)
  const offsets = new Map<string, number>()
  for (let at = magic.length; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at)
    const nameLength = bytes.readUInt32LE(at + 4)
    offsets.set(bytes.toString('utf8', at + 8, at + 8 + nameLength), at + 8 + nameLength)
    at += 8 + length
  }
  return {
    directories: () => offsets.keys(),
    open(directory) {
      const at = offsets.get(directory)
      return at === undefined ? undefined : openFiles(bytes, at)
    },
    files(directory) {
      const at = offsets.get(directory)
      return at === undefined ? [] : decodeFiles(bytes, at)
    },
  }
}

/** Replaces the file in one step. Directories in any order; their files in code unit order. */
export const storeStatCache = (
  file: HostPath,
  directories: Iterable<readonly [directory: string, files: readonly StampedDigest[]]>,
): void => {
  const blocks: Buffer[] = [Buffer.from(magic)]
  for (const [directory, files] of directories) {
    if (files.length > 0) blocks.push(encodeDirectory(directory, files))
  }
  const body = Buffer.concat(blocks)
  atomicWrite(file, Buffer.concat([body, Buffer.from(sha256Hex(body), 'hex')]))
}

const readIntact = (file: HostPath): Buffer => {
  try {
    const bytes = readFileSync(file)
    const body = bytes.subarray(0, Math.max(0, bytes.length - trailer))
    const intact =
      body.toString('latin1', 0, magic.length) === magic &&
      sha256Hex(body) === bytes.toString('hex', body.length)
    return intact ? body : Buffer.alloc(0)
  } catch {
    return Buffer.alloc(0)
  }
}

const encodeDirectory = (directory: string, files: readonly StampedDigest[]): Buffer => {
  const names = files.map((file) => Buffer.from(file.name))
  const path = Buffer.from(directory)
  const length = path.length + 4 + names.reduce((sum, name) => sum + fixed + name.length, 0)
  const block = Buffer.alloc(8 + length)
  block.writeUInt32LE(length, 0)
  block.writeUInt32LE(path.length, 4)
  path.copy(block, 8)
  let at = block.writeUInt32LE(files.length, 8 + path.length)
  files.forEach((file, i) => {
    for (const value of [file.size, file.mtimeMs, file.ctimeMs, file.ino, file.dev, file.mode]) {
      at = block.writeDoubleLE(value, at)
    }
    at += block.write(file.digest, at, 'hex')
    const name = names[i] ?? Buffer.alloc(0)
    at = block.writeUInt16LE(name.length, at)
    at += name.copy(block, at)
  })
  return block
}

/** Walks along the records in step with the caller: neither objects nor digests are made for what did not change. */
const openFiles = (bytes: Buffer, start: number): KnownFiles => {
  let left = bytes.readUInt32LE(start)
  let at = start + 4
  let name = left > 0 ? nameAt(bytes, at) : ''
  return {
    digestOf(wanted, stamp) {
      while (left > 0 && name < wanted) {
        at += fixed + bytes.readUInt16LE(at + fixed - 2)
        left -= 1
        if (left > 0) name = nameAt(bytes, at)
      }
      return left > 0 && name === wanted && isStampAt(bytes, at, stamp) ? digestAt(bytes, at) : undefined
    },
  }
}

const nameAt = (bytes: Buffer, at: number): string =>
  bytes.toString('utf8', at + fixed, at + fixed + bytes.readUInt16LE(at + fixed - 2))

const digestAt = (bytes: Buffer, at: number): string => bytes.toString('hex', at + 48, at + 80)

/** `sameStamp` without making an object: this runs once for every file. */
const isStampAt = (bytes: Buffer, at: number, stamp: FileStamp): boolean =>
  bytes.readDoubleLE(at + 16) === stamp.ctimeMs &&
  bytes.readDoubleLE(at) === stamp.size &&
  bytes.readDoubleLE(at + 8) === stamp.mtimeMs &&
  bytes.readDoubleLE(at + 24) === stamp.ino &&
  bytes.readDoubleLE(at + 32) === stamp.dev &&
  bytes.readDoubleLE(at + 40) === stamp.mode

const stampAt = (bytes: Buffer, at: number): FileStamp => ({
  size: bytes.readDoubleLE(at),
  mtimeMs: bytes.readDoubleLE(at + 8),
  ctimeMs: bytes.readDoubleLE(at + 16),
  ino: bytes.readDoubleLE(at + 24),
  dev: bytes.readDoubleLE(at + 32),
  mode: bytes.readDoubleLE(at + 40),
})

const decodeFiles = (bytes: Buffer, start: number): readonly StampedDigest[] => {
  const files: StampedDigest[] = []
  let at = start + 4
  for (let left = bytes.readUInt32LE(start); left > 0; left--) {
    files.push({ name: nameAt(bytes, at), ...stampAt(bytes, at), digest: digestAt(bytes, at) })
    at += fixed + bytes.readUInt16LE(at + fixed - 2)
  }
  return files
}
