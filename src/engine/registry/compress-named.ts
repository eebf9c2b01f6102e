import type { NamedImage } from '../../store/archive/index.ts'
import { compressImage, compressIndex, type Recompression } from '../../store/transfer/index.ts'
import type { Store } from '../store.ts'

/** Images as an archive is to have them: with layers in another form. The caller holds a lease. */
export const compressNamed = async (
  store: Store,
  named: readonly NamedImage[],
  how: Recompression,
  signal?: AbortSignal,
): Promise<readonly NamedImage[]> => {
  const tools = { store, ...(signal ? { signal } : {}) }
  const done: NamedImage[] = []
  for (const { image, index, ...rest } of named) {
    const compressed = index && (await compressIndex(tools, index, how))
    const same = compressed?.images.find((one) => one.image.id === image.id)
    const own = same?.image ?? (await compressImage(tools, image, how))
    done.push({ ...rest, image: own, ...(compressed ? { index: compressed } : {}) })
  }
  return done
}
