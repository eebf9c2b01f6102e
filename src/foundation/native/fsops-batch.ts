import { InternalError } from '../errors/index.ts'
import { encodePath } from '../filetree/index.ts'

/** One operation on a path of the tree; '' is its root. Existing things are not replaced (EEXIST). */
export type FsOp =
  | {
      readonly op: 'mknod'
      readonly path: string
      readonly type: 'char' | 'block' | 'fifo'
      /** Permission bits; the umask does not apply. */
      readonly mode: number
      readonly major: number
      readonly minor: number
    }
  | { readonly op: 'symlink'; readonly path: string; readonly target: string }
  /** `target` is a path of the same tree; a symlink is linked itself. */
  | { readonly op: 'link'; readonly path: string; readonly target: string }
  /** Not following symlinks. Clears setuid and file capabilities, so it comes before `mode` and `xattr`. */
  | { readonly op: 'owner'; readonly path: string; readonly uid: number; readonly gid: number }
  | { readonly op: 'mode'; readonly path: string; readonly mode: number }
  /** mtime and atime, not following symlinks. Whole seconds (may be negative) and nanoseconds 0..999999999. */
  | { readonly op: 'times'; readonly path: string; readonly mtime: number; readonly mtimeNsec: number }
  | {
      readonly op: 'xattr'
      readonly path: string
      readonly name: string
      readonly value: Uint8Array
      /** Passed over where the file system or the caller's rights do not allow it. */
      readonly optional?: boolean
    }

export interface SkippedXattr {
  readonly path: string
  readonly name: string
}

/** Encodes a batch as native/fsops_apply.c reads it. */
export const encodeFsOps = (batch: readonly FsOp[]): Buffer => {
  const parts: Buffer[] = []
  for (const operation of batch) {
    const body = bodyOf(operation)
    const path = encodePath(operation.path)
    const head = Buffer.allocUnsafe(7)
    head.writeUInt32LE(3 + path.length + body.bytes.length, 0)
    head.write(body.op, 4, 'latin1')
    head.writeUInt16LE(path.length, 5)
    parts.push(head, path, body.bytes)
  }
  return Buffer.concat(parts)
}

interface Body {
  readonly op: string
  readonly bytes: Buffer
}

const fileTypeBits = { char: 0o020000, block: 0o060000, fifo: 0o010000 } as const

const bodyOf = (operation: FsOp): Body => {
  switch (operation.op) {
    case 'mknod': {
      const { type, mode, major, minor } = operation
      return { op: 'n', bytes: u32s((fileTypeBits[type] | (mode & 0o7777)) >>> 0, major, minor) }
    }
    case 'symlink':
      return { op: 's', bytes: sized16(encodePath(operation.target)) }
    case 'link':
      return { op: 'l', bytes: sized16(encodePath(operation.target)) }
    case 'owner':
      return { op: 'o', bytes: u32s(operation.uid, operation.gid) }
    case 'mode':
      return { op: 'm', bytes: u32s(operation.mode) }
    case 'times':
      return { op: 't', bytes: timesOf(operation.mtime, operation.mtimeNsec) }
    case 'xattr': {
      const { name, value, optional } = operation
      const bytes = Buffer.concat([sized16(Buffer.from(name)), u32s(value.length), value])
      return { op: optional ? 'X' : 'x', bytes }
    }
    default:
      throw new InternalError(`unknown file operation ${JSON.stringify(operation)}`)
  }
}

const u32s = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.allocUnsafe(4 * values.length)
  values.forEach((value, i) => {
    bytes.writeUInt32LE(value, 4 * i)
  })
  return bytes
}

const sized16 = (text: Uint8Array): Buffer => {
  const size = Buffer.allocUnsafe(2)
  size.writeUInt16LE(text.length)
  return Buffer.concat([size, text])
}

const timesOf = (seconds: number, nanoseconds: number): Buffer => {
  const bytes = Buffer.allocUnsafe(12)
  bytes.writeBigInt64LE(BigInt(Math.trunc(seconds)), 0)
  bytes.writeUInt32LE(nanoseconds, 8)
  return bytes
}
