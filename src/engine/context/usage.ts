import { byCodeUnit } from '../../foundation/filetree/index.ts'
import type { ContextView } from './view.ts'

/** Regular files below a directory of a context. Sizes in bytes. */
export interface ContextUsage {
  /** Relative; '' for what lies at the top of the context itself, in no directory. */
  readonly directory: string
  readonly files: number
  readonly bytes: number
  readonly ignoredFiles: number
  readonly ignoredBytes: number
}

/** What a context holds and what its ignore file saves, by directory down to `depth` (1: those at the top), the biggest first. */
export const contextUsage = (
  view: ContextView,
  depth: number,
): { readonly rows: readonly ContextUsage[]; readonly total: ContextUsage } => {
  const rows = new Map<string, Sums>()
  const total = nothing('')
  const add = (path: string, isDirectory: boolean, more: Partial<Sums>): void => {
    for (const directory of directoriesOf(path, isDirectory, depth)) {
      const row = rows.get(directory) ?? nothing(directory)
      rows.set(directory, row)
      addTo(row, more)
    }
    addTo(total, more)
  }
  for (const { path, type, size } of view.entries()) {
    if (type === 'file') add(path, false, { files: 1, bytes: size })
  }
  for (const { entry, files, bytes } of view.ignored()) {
    add(entry.path, entry.type === 'directory', { ignoredFiles: files, ignoredBytes: bytes })
  }
  const biggestFirst = (a: Sums, b: Sums): number =>
    b.bytes - a.bytes || b.ignoredBytes - a.ignoredBytes || byCodeUnit(a.directory, b.directory)
  return { rows: [...rows.values()].sort(biggestFirst), total }
}

type Sums = { -readonly [K in keyof ContextUsage]: ContextUsage[K] }

const nothing = (directory: string): Sums => ({
  directory,
  files: 0,
  bytes: 0,
  ignoredFiles: 0,
  ignoredBytes: 0,
})

const addTo = (sums: Sums, more: Partial<Sums>): void => {
  sums.files += more.files ?? 0
  sums.bytes += more.bytes ?? 0
  sums.ignoredFiles += more.ignoredFiles ?? 0
  sums.ignoredBytes += more.ignoredBytes ?? 0
}

/** The rows that a path counts in: each directory above it down to `depth`, or the top. */
const directoriesOf = (path: string, isDirectory: boolean, depth: number): readonly string[] => {
  const parts = path.split('/')
  const directories = isDirectory ? parts : parts.slice(0, -1)
  if (directories.length === 0) return ['']
  return directories.slice(0, depth).map((_, at) => directories.slice(0, at + 1).join('/'))
}
