import { InternalError } from '../../foundation/errors/index.ts'
import { parentOf } from '../../foundation/filetree/index.ts'
import { byTreeOrder } from './tree-order.ts'
import type { IndexAddition, IndexEntry } from './types.ts'

export interface IndexList {
  readonly entries: readonly IndexEntry[]
  /** Throws `InternalError` for an entry out of order or under something that is no directory. */
  add(entry: IndexEntry): void
}

/** Collects index entries, checks their order and puts in the parents that are missing. */
export const createIndexList = (): IndexList => {
  const entries: IndexEntry[] = []
  const open: string[] = []
  let previous: string | undefined

  const parentsOf = (path: string): void => {
    const missing: string[] = []
    let parent = parentOf(path)
    for (;;) {
      while (open.length > 0 && !isAtOrAbove(open.at(-1) ?? '', parent)) open.pop()
      if (parent === '' || open.at(-1) === parent) break
      if (parent === previous) throw new InternalError(`layer entry ${path}: its parent is not a directory`)
      missing.push(parent)
      parent = parentOf(parent)
    }
    for (const directory of missing.reverse()) {
      entries.push(impliedDirectory(directory))
      open.push(directory)
    }
  }

  const add = (entry: IndexEntry): void => {
    const { path } = entry
    if (previous !== undefined && byTreeOrder(previous, path) >= 0)
      throw new InternalError(`layer entry ${JSON.stringify(path)} comes after ${JSON.stringify(previous)}`)
    if (path !== '' && !isChildOf(path, open.at(-1) ?? '')) parentsOf(path)
    entries.push(entry)
    if (path !== '' && entry.kind === 'add' && entry.type === 'directory') open.push(path)
    previous = path
  }
  return { entries, add }
}

/** Whether `path` lies directly in `directory` (not the root). Makes no string for the parent. */
export const isChildOf = (path: string, directory: string): boolean =>
  path.lastIndexOf('/') === directory.length &&
  path.charCodeAt(directory.length) === 0x2f &&
  path.startsWith(directory)

const isAtOrAbove = (directory: string, path: string): boolean =>
  path === directory || (path.startsWith(directory) && path.charCodeAt(directory.length) === 0x2f)

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
