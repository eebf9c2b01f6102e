import type { BuildContext } from '../context/index.ts'
import type { FileOp } from '../graph/index.ts'
import { type CopySource, type FileOpInputs, resolveSources } from './file-sources.ts'

/** Below this many files reading them twice is no matter. */
const worthwhile = 200
/** Bytes from which on it is, of however few files. */
const manyBytes = 64 << 20

/**
 * Whether most files that the op copies from the build context would have to be read for the cache key. Then the layer is
 * better written at once: the key falls off on the way, and each file is read once instead of twice.
 */
export const copiesColdFiles = (op: FileOp, from: FileOpInputs): boolean => {
  let files = 0
  let cold = 0
  let coldBytes = 0
  for (const action of op.actions) {
    if (action.kind !== 'copy' || action.from.kind !== 'context') continue
    const { context, sources } = resolveSources(action, from)
    for (const source of sources) {
      const count = context === undefined ? undefined : countFiles(source, context)
      files += count?.files ?? 0
      cold += count?.cold ?? 0
      coldBytes += count?.coldBytes ?? 0
    }
  }
  return (cold >= worthwhile || coldBytes >= manyBytes) && cold * 2 > files
}

const countFiles = (source: CopySource, context: BuildContext): ReturnType<BuildContext['countFiles']> => {
  if (source.view === source.tree) return context.countFiles(source.entry)
  let [files, cold, coldBytes] = [0, 0, 0]
  const pending = [...source.view.children(source.entry.path)]
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    if (entry.type === 'directory') pending.push(...source.view.children(entry.path))
    const count = entry.type === 'file' ? context.countFiles(entry) : undefined
    files += count?.files ?? 0
    cold += count?.cold ?? 0
    coldBytes += count?.coldBytes ?? 0
  }
  return { files, cold, coldBytes }
}
