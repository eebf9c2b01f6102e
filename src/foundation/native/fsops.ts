/** Batches of file operations that Node's fs lacks, done by the helper's verb `fsops` (formats: native/fsops_*.c). */
import { AppError, exitCode, InternalError } from '../errors/index.ts'
import { encodePath, type TreeEntry } from '../filetree/index.ts'
import type { HostPath } from '../oci/index.ts'
import { encodeFsOps, type FsOp, type SkippedXattr } from './fsops-batch.ts'
import { failureOf } from './fsops-failure.ts'
import { decodeScan } from './fsops-scan.ts'
import { spawnNative, spawnNativeSync } from './launch.ts'

/**
 * Everything below a directory, and the directory itself as '', parents before children, siblings in byte order.
 * `xattrs` holds all of them, those of overlayfs too. `inode` is set for files with several links. No symlink is followed
 * and no other mount entered (EXDEV). Any depth. Throws NativeError.
 */
export const scanTree = (directory: HostPath): readonly TreeEntry[] => decodeScan(fsops(['scan', directory]))

/**
 * Runs operations in order inside a directory, which no path can leave: parents are resolved beneath it, without symlinks.
 * Stops at the first failure with NativeError (`arg` is the path). Returns the optional xattrs that could not be set.
 */
export const applySpecials = (directory: HostPath, batch: readonly FsOp[]): readonly SkippedXattr[] => {
  if (batch.length === 0) return []
  const words = fsops(['apply', directory], encodeFsOps(batch)).toString('utf8').split('\0')
  const skipped: SkippedXattr[] = []
  for (let i = 0; i + 1 < words.length; i += 2)
    skipped.push({ path: words[i] ?? '', name: words[i + 1] ?? '' })
  return skipped
}

/** Deletes files and whole trees; what does not exist is done. Never follows symlinks or enters a mount. Throws NativeError after trying all. */
export const removeTrees = (paths: readonly HostPath[]): void => {
  if (paths.length === 0) return
  fsops(['rmtree'], Buffer.concat(paths.flatMap((path) => [encodePath(path), nul])))
}

/**
 * Has a process of its own, which nobody waits for, delete what has lain in a directory for `seconds`. There is one at a time for a
 * directory; what it cannot delete stays, unsaid. Its end, or that of this process, at any moment does no harm.
 */
export const sweepAside = (directory: HostPath, seconds: number): void => {
  const args = ['sweep', directory, String(seconds)]
  spawnNative('fsops', args, { stdio: 'ignore', detached: true, cwd: '/' })
    .on('error', () => undefined)
    .unref()
}

/** An entry of an open directory: a directory of this process's `/proc/self/fd`, and one component, or `.` for itself. */
export interface CopyPlace {
  readonly directory: number
  readonly name: string
}

/**
 * Copies an entry with all that is below it; into a directory that is there already it is merged. No symlink of either side is
 * followed. `owner` of what is made; that of the source when absent. Throws NativeError (`EISDIR` and `ENOTDIR`: one would have
 * to replace the other).
 */
export const copyEntry = (from: CopyPlace, to: CopyPlace, owner?: NewOwner): void => {
  const directoryOf = ({ directory }: CopyPlace): string => `/proc/${process.pid}/fd/${directory}`
  fsops(['copy', directoryOf(from), from.name, directoryOf(to), to.name, owner ? ownerText(owner) : 'keep'])
}

/** One owner for all, or ids that move from one range to another; what is in no range goes to nobody (65534). */
export type NewOwner =
  | { readonly uid: number; readonly gid: number }
  | { readonly uids: readonly IdMove[]; readonly gids: readonly IdMove[] }

export interface IdMove {
  readonly from: number
  readonly to: number
  readonly size: number
}

/**
 * Gives a directory with all that is below it to other owners. No symlink is followed and no other mount entered; modes stay, file
 * capabilities go. Throws NativeError.
 */
export const giveTree = (directory: HostPath, owner: NewOwner): void => {
  fsops(['own', directory, ownerText(owner)])
}

/** native/fsops_owner.h */
const ownerText = (owner: NewOwner): string => {
  if ('uid' in owner) return `${owner.uid}:${owner.gid}`
  const words = (moves: readonly IdMove[]): string =>
    moves.map(({ from, to, size }) => `${from}.${to}.${size}`).join(',')
  return `map ${words(owner.uids)}/${words(owner.gids)}`
}

/** syncfs(2) of the file system that holds `directory`. */
export const syncFilesystem = (directory: HostPath): void => {
  fsops(['syncfs', directory])
}

/** The same in a process of its own, which nobody waits for. `ended` is called when it is gone, unless this process ends before. */
export const syncAside = (directory: HostPath, ended: () => void): void => {
  const child = spawnNative('fsops', ['syncfs', directory], { stdio: 'ignore', detached: true, cwd: '/' })
  child.once('error', ended)
  child.once('exit', ended)
  child.unref()
}

/**
 * Which blocks of a context's stat cache (numbers in the order of the file) describe a directory at or below `prefix` that is
 * no longer what it was. `seal`: the file's last 32 bytes in hex; when another process has replaced it, NativeError.
 */
export const changedDirectories = (cache: {
  readonly root: HostPath
  readonly stateFile: HostPath
  readonly seal: string
  readonly prefix: string
}): ChangedDirectories => {
  const changed = decodeChanged(fsops(['changed', cache.root, cache.stateFile, cache.seal, cache.prefix]))
  if (changed === undefined) throw new InternalError('helper fsops changed: its answer is cut off')
  return changed
}

export interface ChangedDirectories {
  readonly numbers: ReadonlySet<number>
  /** How many directories lie at or below the prefix. */
  readonly compared: number
}

const endOfNumbers = 0xffffffff

/** What the helper says of a comparison; undefined when it is cut off. */
export const decodeChanged = (output: Buffer): ChangedDirectories | undefined => {
  const end = output.length - 8
  if (end < 0 || output.readUInt32LE(end + 4) !== endOfNumbers) return undefined
  const numbers = new Set<number>()
  for (let at = 0; at < end; at += 4) numbers.add(output.readUInt32LE(at))
  return { numbers, compared: output.readUInt32LE(end) }
}

/**
 * What lies in directories below `root` (paths relative to it, '' for itself): for each a block of a context's stat cache, as
 * native/fsops_list.c describes, then four bytes of ones. Files are not opened. Throws NativeError.
 *
 * @param out descriptor of an empty file that they are written to instead
 */
export const listDirectories = (root: HostPath, directories: readonly string[], out?: number): Buffer => {
  const names = directories.flatMap((path) => [encodePath(path === '' ? '.' : path), nul])
  return fsops(['list', root], Buffer.concat(names), out)
}

const nul = Buffer.alloc(1)

const fsops = (args: readonly string[], input?: Uint8Array, out?: number): Buffer => {
  const run = spawnNativeSync('fsops', args, {
    ...(input === undefined ? {} : { input }),
    ...(out === undefined ? {} : { stdio: ['pipe', out, 'pipe'] }),
  })
  if (run.error) {
    throw new AppError('native-failed', `run helper fsops ${args[0] ?? ''}: ${run.error.message}`, {
      exitCode: exitCode.engine,
      cause: run.error,
    })
  }
  if (run.status === 0) return out === undefined ? run.stdout : Buffer.alloc(0)
  throw failureOf(args[0] ?? '', { status: run.status ?? run.signal, stderr: run.stderr })
}
