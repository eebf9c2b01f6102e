import { AppError } from '../../foundation/errors/index.ts'
import { type FileContent, type FileTree, parentOf, type TreeEntry } from '../../foundation/filetree/index.ts'
import type { LayerAddition } from '../../store/layer/index.ts'
import type { LayerId } from '../../store/snapshot/index.ts'
import { resolveInTree, type TarPlace } from '../context/index.ts'

/** Where a planned file's bytes come from. */
export type PlannedContent =
  | { readonly kind: 'tree'; readonly tree: FileTree; readonly entry: TreeEntry }
  | { readonly kind: 'content'; readonly content: FileContent }

/** One path of the layer in the making. */
export interface PlannedEntry {
  /** As it will stand in the layer. */
  readonly entry: LayerAddition
  /** Of files. */
  readonly content?: PlannedContent
  /** Files that share one of these are hard links of each other. */
  readonly links?: object
  /** A directory that takes the place of something else and must not show what lay below it. */
  readonly opaque?: boolean
  /** Stands for all that is below this path, where nothing else is put. */
  readonly before?: WrittenBefore
  /** Makes the same, in tree order, whenever it is asked. */
  readonly below?: () => Iterable<PlannedPath>
}

export type PlannedPath = readonly [path: string, planned: PlannedEntry]

/** All that is below a directory, as an earlier layer has it: just as it would be written now. */
export interface WrittenBefore extends TarPlace {
  readonly layer: LayerId
  /** Its directories and their places, told by their paths below it ('' is itself). */
  readonly directories: Iterable<readonly [below: string, place: TarPlace]>
}

/** Metadata of directories that are made because something needs them. */
export interface NewDirectory {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: number
}

/**
 * A root file system with changes on top, in memory: what the actions of a file op read and write. All paths are real
 * (no symlink in them), found by `resolve`; nothing is ever written through a link.
 */
export interface FilePlan {
  /** What stands at a real path, changes included. */
  at(path: string): TreeEntry | undefined
  /** Follows symlinks inside the root; missing directories are allowed. Throws `symlink-loop`. */
  resolve(path: string): string
  put(path: string, planned: PlannedEntry): void
  /** Makes a real path a directory, with its parents. Throws `not-a-directory`. */
  makeDirectory(path: string, like: NewDirectory): void
  /** Takes away what stands at a real path, with everything below. */
  remove(path: string): void
  /** Whether nothing lies in the directory at a real path, changes included. */
  isEmpty(path: string): boolean
  /** What has been put, in the order of putting. */
  readonly changes: ReadonlyMap<string, PlannedEntry>
}

const rootEntry: TreeEntry = {
  path: '',
  type: 'directory',
  mode: 0o755,
  uid: 0,
  gid: 0,
  size: 0,
  mtime: 0,
  mtimeNsec: 0,
}

export const createFilePlan = (base: FileTree): FilePlan => {
  const changes = new Map<string, PlannedEntry>()
  /** Directories below which the base has nothing to say: new ones, and those that stand where something was removed. */
  const fresh = new Set<string>()
  const removed = new Set<string>()
  const at = (path: string): TreeEntry | undefined => {
    if (path === '') return base.lookup('') ?? rootEntry
    const change = changes.get(path)
    if (change !== undefined) return change.entry
    if (removed.has(path) || fresh.has(parentOf(path)) || hasAncestorIn(path, removed)) return undefined
    return base.lookup(path)
  }
  const put = (path: string, planned: PlannedEntry): void => {
    const directory = planned.entry.type === 'directory'
    if (directory && at(path) === undefined) fresh.add(path)
    const opaque = directory && (removed.has(path) || changes.get(path)?.opaque === true)
    changes.set(path, opaque ? { ...planned, opaque } : planned)
  }
  return {
    at,
    changes,
    put,
    resolve(path) {
      const real = resolveInTree(at, path, { follow: true, create: true })
      if (real !== undefined) return real
      throw new AppError(
        'symlink-loop',
        `resolve ${JSON.stringify(path)} in the image: too many symbolic links`,
      )
    },
    makeDirectory(path, like) {
      const missing: string[] = []
      let here = path
      for (let entry = at(here); entry?.type !== 'directory'; entry = at(here)) {
        if (entry !== undefined) throw notADirectory(here, path)
        missing.push(here)
        here = parentOf(here)
      }
      for (const name of missing.reverse()) {
        put(name, { entry: { kind: 'add', path: name, type: 'directory', size: 0, mtimeNsec: 0, ...like } })
      }
    },
    isEmpty(path) {
      for (const name of changes.keys()) if (path === '' || name.startsWith(`${path}/`)) return false
      if (fresh.has(path)) return true
      return removed.size === 0 && base.children(path).length === 0
    },
    remove(path) {
      const below = `${path}/`
      for (const name of changes.keys()) if (name === path || name.startsWith(below)) changes.delete(name)
      for (const name of fresh) if (name === path || name.startsWith(below)) fresh.delete(name)
      if (base.lookup(path) !== undefined) removed.add(path)
    },
  }
}

const hasAncestorIn = (path: string, set: ReadonlySet<string>): boolean => {
  if (set.size === 0) return false
  for (let above = parentOf(path); above !== ''; above = parentOf(above)) if (set.has(above)) return true
  return false
}

const notADirectory = (found: string, wanted: string): AppError =>
  new AppError('not-a-directory', `make directory /${wanted} in the image: /${found} is not a directory`, {
    details: { path: found },
  })
