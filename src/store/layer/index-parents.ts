import { InternalError } from '../../foundation/errors/index.ts'
import { parentOf } from '../../foundation/filetree/index.ts'
import { byTreeOrder } from './tree-order.ts'
import type { IndexAddition, IndexEntry } from './types.ts'

/** The directories that are open while entries come in tree order. */
export interface OpenDirectories {
  /** Number of the directory that `path` lies in; directories that are missing are made. Throws `InternalError` for an entry out of order or under something that is no directory. */
  enter(path: string): number
  /** The entry that `enter` was asked about has this number. */
  entered(entry: IndexEntry, number: number): void
  /** All that is below the directory entered last has come; the last of it was `path`. */
  skipped(path: string): void
}

/** @param make gives a missing directory its number */
export const createOpenDirectories = (
  make: (directory: IndexAddition, parent: number) => number,
): OpenDirectories => {
  /** The root is number 0. */
  const open = [{ path: '', number: 0 }]
  let previous: string | undefined

  const innermost = (): { readonly path: string; readonly number: number } =>
    open.at(-1) ?? { path: '', number: 0 }

  const makeParents = (path: string): void => {
    const missing: string[] = []
    let parent = parentOf(path)
    for (;;) {
      while (!isAtOrAbove(innermost().path, parent)) open.pop()
      if (innermost().path === parent) break
      if (parent === previous) throw new InternalError(`layer entry ${path}: its parent is not a directory`)
      missing.push(parent)
      parent = parentOf(parent)
    }
    for (const directory of missing.reverse())
      open.push({ path: directory, number: make(impliedDirectory(directory), innermost().number) })
  }
  return {
    enter(path) {
      if (previous !== undefined && byTreeOrder(previous, path) >= 0)
        throw new InternalError(`layer entry ${JSON.stringify(path)} comes after ${JSON.stringify(previous)}`)
      if (path !== '' && !isChildOf(path, innermost().path)) makeParents(path)
      previous = path
      return innermost().number
    },
    entered(entry, number) {
      if (entry.path !== '' && entry.kind === 'add' && entry.type === 'directory')
        open.push({ path: entry.path, number })
    },
    skipped(path) {
      previous = path
    },
  }
}

/** Whether `path` lies directly in `directory`. Makes no string for the parent. */
const isChildOf = (path: string, directory: string): boolean =>
  directory === ''
    ? !path.includes('/')
    : path.lastIndexOf('/') === directory.length && path.startsWith(directory)

const isAtOrAbove = (directory: string, path: string): boolean =>
  directory === '' ||
  path === directory ||
  (path.startsWith(directory) && path.charCodeAt(directory.length) === 0x2f)

/** What overlay and docker make of a directory that nobody described. */
export const impliedDirectory = (path: string): IndexAddition => ({
  kind: 'add',
  path,
  type: 'directory',
  mode: 0o755,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
  mtimeNsec: 0,
  implied: true,
})
