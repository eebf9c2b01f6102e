import { detectCompression, LayerError, startOf } from '../../store/layer/index.ts'
import { badArchive } from './bad-archive.ts'
import { beginsWithMember, openTar } from './open-tar.ts'
import type { ArchiveRequest, ContextArchive } from './types.ts'

/**
 * Told by content, as docker does: a tar in any compression, or a zip. Undefined for what is neither; a compressed file must
 * be a tar. Throws `bad-archive` for damage, names that climb, whiteouts, encryption, and bombs.
 */
export const openContextArchive = async (request: ArchiveRequest): Promise<ContextArchive | undefined> => {
  const start = startOf(request.path)
  if (isZip(start)) return (await import('./open-zip.ts')).openZip(request)
  const compression = detectCompression(start)
  try {
    if (await beginsWithMember(request)) return await openTar(request, compression)
  } catch (error) {
    throw error instanceof LayerError ? badArchive(request.shown, error.message, error) : error
  }
  if (compression === 'none') return undefined
  throw badArchive(request.shown, `it is compressed with ${compression}, but there is no tar in it`)
}

/** A local file header, or the end of an empty archive. */
const isZip = ([a, b, c, d]: Uint8Array): boolean =>
  a === 0x50 && b === 0x4b && ((c === 3 && d === 4) || (c === 5 && d === 6))
