import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import { type DiffId, type Digest, type HostPath, hexOf, isDigest } from '../../foundation/oci/index.ts'
import { bootId } from '../../foundation/sys/index.ts'
import { createContentStore } from '../content/index.ts'
import { isLayerId, layerPaths, type StorePaths } from './store-paths.ts'
import { moveToTrash } from './trash.ts'
import type { LayerId } from './types.ts'

const markDirectory = (paths: StorePaths): HostPath => join(paths.volatile, bootId())

/**
 * Says that the tree of a layer, or a blob, may not survive a crash: a mark named by its id or its hex digest.
 * Comes before the thing appears under its name.
 */
export const markVolatile = (paths: StorePaths, what: LayerId | Digest): void => {
  const mark = join(markDirectory(paths), isDigest(what) ? hexOf(what) : what)
  try {
    closeSync(openSync(mark, 'w', 0o600))
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
    mkdirSync(markDirectory(paths), { recursive: true, mode: 0o700 })
    closeSync(openSync(mark, 'w', 0o600))
  }
}

/** Is a form of this layer not covered by a syncfs yet? */
export const isVolatile = (paths: StorePaths, id: LayerId, diffId: DiffId | undefined): boolean =>
  [id, ...(diffId ? [hexOf(diffId)] : [])].some((mark) => existsSync(join(markDirectory(paths), mark)))

export const volatileMarks = (paths: StorePaths): readonly string[] => listOrNothing(markDirectory(paths))

/** `marks` were listed before the syncfs that covered them. */
export const clearMarks = (paths: StorePaths, marks: readonly string[]): void => {
  for (const mark of marks) rmSync(join(markDirectory(paths), mark), { force: true })
}

/**
 * After a boot: forms that were volatile when the last one ended may be torn, so they are dropped, and a layer whose
 * last form goes with them. They can be built, pulled or loaded again. Durable forms of the same layer stay.
 */
export const dropTorn = (paths: StorePaths): void => {
  for (const boot of listOrNothing(paths.volatile)) {
    if (boot === bootId()) continue
    const directory = join(paths.volatile, boot)
    for (const mark of listOrNothing(directory)) dropForm(paths, mark)
    rmSync(directory, { recursive: true, force: true })
  }
}

const dropForm = (paths: StorePaths, mark: string): void => {
  const digest = `sha256:${mark}`
  if (isDigest(digest)) createContentStore(paths.root).remove(digest)
  if (!isLayerId(mark)) return
  const layer = layerPaths(paths, mark)
  moveToTrash(paths, layer.tree)
  // Made at the same time as the tree, and quickly made again where there is another form.
  rmSync(layer.index, { force: true })
  rmSync(layer.digests, { force: true })
}

const listOrNothing = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return []
    throw error
  }
}
