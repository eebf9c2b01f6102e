import { existsSync, lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import { type HostPath, hexOf, isDigest } from '../../foundation/oci/index.ts'
import { bootId, removeFile, syncDirectory } from '../../foundation/sys/index.ts'
import { createContentStore, isOwnMark, markDirectory, markVolatile as markIn } from '../content/index.ts'
import { isLayerId, layerPaths, type StorePaths } from './store-paths.ts'
import { moveToTrash } from './trash.ts'
import type { LayerId, LayerRecord } from './types.ts'

/** The tree of a layer, or the small trees under `merged/`, may not survive a power cut. Blobs are marked where they come in. */
export const markVolatile = (
  { root }: StorePaths,
  what: LayerId | `${LayerId}${typeof patchMark}` | 'merged',
): void => markIn(root, what)

/** Behind the id of a layer: its patch, apart from its tree. */
export const patchMark = '.patch'

/** What a layer depends on: its trees by its id, its tar, its patch and the base of that. */
type Marked = Pick<LayerRecord, 'id' | 'diffId' | 'patch'>

/** The marks that say of a form of the layer that no syncfs has covered it yet. */
export const marksOf = ({ id, diffId, patch }: Marked): readonly string[] => [
  id,
  ...(diffId ? [hexOf(diffId)] : []),
  ...(patch ? [`${id}${patchMark}`, hexOf(patch.digest)] : []),
]

/** Is a form of this layer not covered by a syncfs yet? */
export const isVolatile = (paths: StorePaths, layer: Marked): boolean =>
  marksOf(layer).some((mark) => existsSync(join(markDirectory(paths.root), mark)))

/** The same for many layers, as of now: the marks are listed once. */
export const volatileNow = (paths: StorePaths): ((layer: Marked) => boolean) => {
  const marks = new Set(listOrNothing(markDirectory(paths.root)))
  return (layer) => marks.size > 0 && marksOf(layer).some((mark) => marks.has(mark))
}

/** Milliseconds between a mark and the rename that it is for, at the very most. */
const untilNamed = 5000

/**
 * The marks that a syncfs now would cover. A fresh one of another process may be for something that gets its name only after the
 * syncfs: it stays for that process, or for the next sync.
 */
export const volatileMarks = (paths: StorePaths): readonly string[] =>
  listOrNothing(markDirectory(paths.root)).filter((name) => {
    const mark = join(markDirectory(paths.root), name)
    if (isOwnMark(mark)) return true
    const made = lstatSync(mark, { throwIfNoEntry: false })?.mtimeMs
    return made !== undefined && Date.now() - made > untilNamed
  })

/**
 * `marks` were listed before the syncfs that covered them. A mark that came back with a power cut would have what it stands for
 * dropped: that they are gone is waited for as well.
 */
export const clearMarks = (paths: StorePaths, marks: readonly string[]): void => {
  if (marks.length === 0) return
  for (const mark of marks) removeFile(join(markDirectory(paths.root), mark))
  syncDirectory(markDirectory(paths.root))
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

/** Is there anything that `dropTorn` would drop? */
export const hasTorn = (paths: StorePaths): boolean =>
  listOrNothing(paths.volatile).some(
    (boot) => boot !== bootId() && listOrNothing(join(paths.volatile, boot)).length > 0,
  )

const dropForm = (paths: StorePaths, mark: string): void => {
  const digest = `sha256:${mark}`
  if (isDigest(digest)) createContentStore(paths.root).remove(digest)
  if (mark === 'merged')
    for (const name of listOrNothing(paths.merged)) moveToTrash(paths, join(paths.merged, name))
  const isPatch = mark.endsWith(patchMark)
  const id = isPatch ? mark.slice(0, -patchMark.length) : mark
  if (!isLayerId(id)) return
  const layer = layerPaths(paths, id)
  moveToTrash(paths, isPatch ? layer.patch : layer.tree)
  // Made at the same time, and quickly made again where there is another form.
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
