import { joinInRoot } from '../../foundation/filetree/index.ts'
import type { TarPlace } from '../context/index.ts'
import type { WrittenBefore } from './file-plan.ts'

/** Notes where the directories of a layer in the making stand in its tar. To be told of everything in tree order. */
export interface DirectoryPlaces {
  /** `path` begins here: what does not hold it has ended. */
  enter(path: string, position: number): void
  /** A directory has been written: what is below it begins here. */
  directory(path: string, position: number): void
  /** Something directly in the innermost directory is a hard link, whose other names may be elsewhere. */
  linked(): void
  /** What is below a directory is taken from an earlier tar, `shift` bytes on. */
  takeOver(path: string, before: WrittenBefore, shift: number): void
  end(position: number): void
  /** Where all that is below a directory stands; of those that stand on their own. */
  readonly found: ReadonlyMap<string, TarPlace>
}

interface OpenDirectory {
  readonly path: string
  readonly start: number
  linked: boolean
}

export const createDirectoryPlaces = (): DirectoryPlaces => {
  const found = new Map<string, TarPlace>()
  const open: OpenDirectory[] = []
  const close = (position: number): void => {
    const directory = open.pop()
    if (directory && !directory.linked) found.set(directory.path, { start: directory.start, end: position })
  }
  return {
    found,
    enter(path, position) {
      for (let top = open.at(-1); top && !path.startsWith(`${top.path}/`); top = open.at(-1)) close(position)
    },
    directory: (path, start) => void open.push({ path, start, linked: false }),
    linked() {
      const top = open.at(-1)
      if (top) top.linked = true
    },
    takeOver(path, { directories }, shift) {
      for (const [below, { start, end }] of directories)
        found.set(joinInRoot(path, below), { start: start + shift, end: end + shift })
    },
    end(position) {
      while (open.length > 0) close(position)
    },
  }
}
