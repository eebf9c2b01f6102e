import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { bootId } from '../../foundation/sys/index.ts'

/** Marks that this process has made: it knows when what they stand for is under its name. */
const own = new Set<HostPath>()

/** Where the store at `root` keeps the marks of this boot. */
export const markDirectory = (root: HostPath): HostPath => join(root, 'volatile', bootId())

/**
 * Says that something in the store at `root` may not survive a power cut, until a syncfs has covered it. Comes before the thing appears
 * under its name; what was there before is not marked, or it would be dropped with what is new.
 *
 * @param name what the mark is called: the hex digest of a blob, the id of a layer's tree
 */
export const markVolatile = (root: HostPath, name: string): void => {
  const mark = join(markDirectory(root), name)
  own.add(mark)
  try {
    closeSync(openSync(mark, 'w', 0o600))
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    mkdirSync(markDirectory(root), { recursive: true, mode: 0o700 })
    closeSync(openSync(mark, 'w', 0o600))
  }
}

export const isOwnMark = (mark: HostPath): boolean => own.has(mark)
