import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { errnoOf } from '../../foundation/errors/index.ts'
import { fsPath } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { LayerError, layerIo } from './layer-error.ts'

const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants

/**
 * Opens a regular file for reading. Never follows a link in the last component and never waits: a FIFO or device in its
 * place is `file-changed`. Paths longer than PATH_MAX work.
 */
export const openRegular = (path: HostPath): number => {
  const fd = openAny(path)
  if (!fstatSync(fd).isFile()) {
    closeSync(fd)
    throw new LayerError('file-changed', `read ${path}: expected a regular file`)
  }
  return fd
}

const openAny = (path: HostPath): number => {
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
  try {
    return openSync(fsPath(path), flags)
  } catch (error) {
    if (errnoOf(error) === 'ENAMETOOLONG' && path.length > 1000) return openDeep(path, flags)
    if (errnoOf(error) === 'ELOOP')
      throw new LayerError('file-changed', `read ${path}: expected a regular file, found a symlink`)
    throw layerIo(`read ${path}`, error)
  }
}

/** Walks in pieces through directory fds, since one system call takes at most 4095 bytes of path. */
const openDeep = (path: HostPath, flags: number): number => {
  let base = path.startsWith('/') ? '/' : '.'
  let directory: number | undefined
  let rest = path.replace(/^\/+/, '')
  try {
    for (;;) {
      const cut = rest.length > 1000 ? rest.lastIndexOf('/', 1000) : -1
      if (cut <= 0) return openSync(fsPath(`${base}/${rest}`), flags)
      const next = openSync(fsPath(`${base}/${rest.slice(0, cut)}`), O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      if (directory !== undefined) closeSync(directory)
      directory = next
      base = `/proc/self/fd/${next}`
      rest = rest.slice(cut + 1)
    }
  } catch (error) {
    throw layerIo(`read ${path.slice(0, 100)}...`, error)
  } finally {
    if (directory !== undefined) closeSync(directory)
  }
}
