import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { AppError } from '../../foundation/errors/index.ts'
import { fsPath, joinInRoot } from '../../foundation/filetree/index.ts'
import { applySpecials } from '../../foundation/native/index.ts'
import { createHasher, type HostPath } from '../../foundation/oci/index.ts'
import { layerIo } from './layer-error.ts'
import { createLayerTable, type Placed } from './layer-table.ts'
import { createTarParser } from './tar-parser.ts'
import type { ApplyOptions, IndexEntry, TarMember, TarParser } from './types.ts'
import { unpackBatch } from './unpack-batch.ts'

export interface Unpacker {
  readonly parser: TarParser
  /** After `parser.end()`: makes what is not a plain file, sets the directories' metadata. The layer's index. */
  finish(): readonly IndexEntry[]
  /** Closes what is open; for failures. */
  abort(): void
}

/**
 * Unpacks a layer tar, as it comes, into an empty directory in the form of an overlay lowerdir. Names are resolved in a
 * table of what the tar has made, and symlinks are created at the very end: while files are written there is no symlink
 * in the tree that a path could go through.
 */
export const createUnpacker = (directory: HostPath, options: ApplyOptions = {}): Unpacker => {
  const hostPath = (path: string): string | Buffer => fsPath(joinInRoot(directory, path))
  const files = createFileWriter(options)
  const table = createLayerTable({
    directory: (path) => mkdirSync(hostPath(path), 0o700),
    // Symlinks and nodes are not on the disk yet.
    removed: (path, type) => {
      if (type === 'directory' || type === 'file') rmSync(hostPath(path), { recursive: true })
    },
    linked: (path, target) => linkSync(hostPath(target), hostPath(path)),
  })
  let current: Placed | undefined

  const member = (found: TarMember): void => {
    current = table.place(found)
    const isFile = found.kind === 'add' && found.entry.type === 'file' && found.entry.hardlink === undefined
    if (current && isFile) files.open(hostPath(current.path))
  }
  const guarded = <A extends readonly unknown[]>(action: (...args: A) => void) => {
    return (...args: A): void => {
      try {
        action(...args)
      } catch (error) {
        throw error instanceof AppError ? error : layerIo(`unpack layer at /${current?.path ?? ''}`, error)
      }
    }
  }
  const parser = createTarParser(
    {
      member: guarded(member),
      content: guarded(files.write),
      contentEnd: guarded(() => {
        if (current) files.close(current)
      }),
    },
    options,
  )
  const finish = (): readonly IndexEntry[] => {
    const entries = table.entries()
    applySpecials(
      directory,
      unpackBatch(entries, {
        ignoreOwner: options.ignoreOwner ?? false,
        overlayXattrs: options.overlayXattrs ?? 'trusted',
      }),
    )
    return entries
  }
  return { parser, finish, abort: files.abort }
}

interface FileWriter {
  open(path: string | Buffer): void
  write(chunk: Uint8Array): void
  /** Sets owner, mode and time by descriptor. */
  close(placed: Placed): void
  abort(): void
}

const createFileWriter = (options: ApplyOptions): FileWriter => {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
  let fd: number | undefined
  let hasher = options.contentDigests ? createHasher() : undefined
  /** Bytes of the file so far; those behind the last write are a hole. */
  let size = 0

  const abort = (): void => {
    if (fd !== undefined) closeSync(fd)
    fd = undefined
  }
  return {
    open: (path) => {
      fd = openSync(path, flags, 0o600)
      size = 0
      if (options.contentDigests) hasher = createHasher()
    },
    write: (chunk) => {
      if (fd === undefined) return
      hasher?.update(chunk)
      const from = size
      size += chunk.length
      if (options.sparse && isZero(chunk)) return
      for (let done = 0; done < chunk.length; )
        done += writeSync(fd, chunk, done, chunk.length - done, from + done)
    },
    close: ({ inode }) => {
      if (fd === undefined) return
      const { uid, gid, mode, mtime } = inode.entry
      if (options.sparse) ftruncateSync(fd, size)
      if (!options.ignoreOwner) fchownSync(fd, uid, gid)
      fchmodSync(fd, mode)
      // Node takes a negative number for now; a Date it takes as it is.
      const time = mtime < 0 ? new Date(mtime * 1000) : mtime
      futimesSync(fd, time, time)
      if (hasher) inode.entry = { ...inode.entry, contentDigest: hasher.digest('hex') }
      abort()
    },
    abort,
  }
}

const zeros = new Uint8Array(1 << 16)

const isZero = (chunk: Uint8Array): boolean => {
  for (let from = 0; from < chunk.length; from += zeros.length) {
    const part = chunk.subarray(from, from + zeros.length)
    if (Buffer.compare(part, zeros.subarray(0, part.length)) !== 0) return false
  }
  return true
}
