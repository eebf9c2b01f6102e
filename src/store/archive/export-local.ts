import { lstatSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { exitCode } from '../../foundation/errors/index.ts'
import { decodePath, fsPath } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { makeDirectories } from '../../foundation/sys/index.ts'
import { createUnpacker } from '../layer/index.ts'
import type { Stack } from '../snapshot/index.ts'
import { ArchiveError, outputFailure } from './errors.ts'
import { exportTar } from './export-tree.ts'
import { tempBeside } from './target-file.ts'
import type { ArchiveStore } from './types.ts'

/**
 * The merged root file system of a stack as files below the directory `named` (`--output type=local`), with owners, modes, times,
 * xattrs, links and devices. It is made beside it and moved there: a new directory appears whole; in one that
 * exists it is made too, and entries are moved one by one, over what has the same name. Never writes through a symlink below it.
 * Throws `archive-io` where a file would have to replace a directory.
 */
export const exportLocal = (
  store: Pick<ArchiveStore, 'snapshots'>,
  stack: Stack,
  named: HostPath,
  options: { readonly signal?: AbortSignal } = {},
): void => {
  try {
    // A link that the caller named is meant; those below it are not.
    const directory = statSync(named, { throwIfNoEntry: false })?.isDirectory() ? realpathSync(named) : named
    makeDirectories(dirname(directory))
    const exists = lstatSync(directory, { throwIfNoEntry: false }) !== undefined
    // Inside one that exists: it may be a file system of its own.
    const temp = tempBeside(exists && isDirectory(directory) ? join(directory, 'tsbuild') : directory)
    mkdirSync(temp, { mode: 0o700 })
    try {
      unpackInto(store, stack, temp, options)
      if (exists) moveInto(temp, directory)
      else renameSync(temp, directory)
    } finally {
      rmSync(temp, { recursive: true, force: true })
    }
  } catch (error) {
    throw outputFailure(named, error)
  }
}

/** Through a tar that is never stored: writer and unpacker meet chunk by chunk. */
const unpackInto = (
  store: Pick<ArchiveStore, 'snapshots'>,
  stack: Stack,
  directory: HostPath,
  options: { readonly signal?: AbortSignal },
): void => {
  const unpacker = createUnpacker(directory)
  try {
    exportTar(store, stack, { write: (chunk) => unpacker.parser.push(chunk) }, options)
    unpacker.parser.end()
    unpacker.finish()
  } finally {
    unpacker.abort()
  }
}

const moveInto = (from: HostPath, to: HostPath): void => {
  const pending: (readonly [from: HostPath, to: HostPath])[] = [[from, to]]
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [source, target] = next
    if (!isDirectory(target)) throw inTheWay(target, 'is not a directory')
    for (const name of readdirSync(fsPath(source), { encoding: 'buffer' })) {
      const entry = decodePath(name)
      const paths = [join(source, entry), join(target, entry)] as const
      if (paths.every(isDirectory)) pending.push(paths)
      else moveOver(...paths)
    }
  }
}

const moveOver = (source: HostPath, target: HostPath): void => {
  const found = lstatSync(fsPath(target), { throwIfNoEntry: false })
  if (found?.isDirectory()) throw inTheWay(target, 'is a directory, the image has something else there')
  if (found && isDirectory(source)) rmSync(fsPath(target))
  renameSync(fsPath(source), fsPath(target))
}

const isDirectory = (path: HostPath): boolean =>
  lstatSync(fsPath(path), { throwIfNoEntry: false })?.isDirectory() === true

const inTheWay = (path: HostPath, what: string): ArchiveError =>
  new ArchiveError('archive-io', `export to ${path}: it ${what}`, {
    exitCode: exitCode.usage,
    hint: 'remove it, or give the path of a new directory',
  })
