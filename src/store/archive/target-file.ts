import { closeSync, lstatSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { isAbandoned, isSpecialFile, ownedName } from '../../foundation/sys/index.ts'
import { ArchiveError, outputFailure } from './errors.ts'
import type { ByteSink } from './types.ts'

/**
 * Writes a file that appears whole or not at all: bytes go to a temp file beside it, which is renamed at the end.
 * A device or FIFO in its place, or a link to one, is written to directly. `mode` is that of the file before the user's umask:
 * as a shell's `>` makes it, or `privateFile`. Errors: `archive-io`.
 */
export const writeTargetFile = async <T>(
  path: HostPath,
  write: (sink: ByteSink) => Promise<T>,
  mode = 0o666,
): Promise<T> => {
  const special = isSpecial(path)
  const temp = special ? path : tempBeside(path)
  const fd = open(path, temp, special, mode)
  let done = false
  try {
    const result = await write({ write: (chunk) => writeAll(fd, chunk, path) })
    if (!special) rename(temp, path)
    done = true
    return result
  } finally {
    closeSync(fd)
    if (!done && !special) rmSync(temp, { force: true })
  }
}

/** For what holds files that only their owners may read (/etc/shadow): docker's save and export do the same. */
export const privateFile = 0o600

/**
 * A fresh name in the directory of `path` for what shall become `path`. Leftovers of killed processes that wrote the same
 * path are removed.
 */
export const tempBeside = (path: HostPath): HostPath => {
  const directory = dirname(path)
  // A name may have 255 bytes; ownedName takes about 50, a character up to 4.
  const prefix = `.${basename(path).slice(0, 40)}.`
  try {
    for (const name of readdirSync(directory)) {
      if (name.startsWith(prefix) && isAbandoned(name.slice(prefix.length)))
        rmSync(join(directory, name), { recursive: true, force: true })
    }
  } catch (error) {
    throw outputFailure(path, error)
  }
  return join(directory, prefix + ownedName())
}

const isSpecial = (path: HostPath): boolean => {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new ArchiveError('archive-io', `write ${path}: it is a directory`, {
      exitCode: exitCode.usage,
      hint: 'give the path of a file',
    })
  }
  return isSpecialFile(path)
}

const open = (path: HostPath, temp: HostPath, special: boolean, mode: number): number => {
  try {
    return openSync(temp, special ? 'w' : 'wx', mode)
  } catch (error) {
    throw outputFailure(path, error)
  }
}

const writeAll = (fd: number, chunk: Uint8Array, path: HostPath): void => {
  try {
    for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done, chunk.length - done)
  } catch (error) {
    throw outputFailure(path, error)
  }
}

const rename = (temp: HostPath, path: HostPath): void => {
  try {
    renameSync(temp, path)
  } catch (error) {
    throw outputFailure(path, error)
  }
}
