import { InternalError } from '../../foundation/errors/index.ts'
import { type Digest, hostPlatform, pickPlatform } from '../../foundation/oci/index.ts'
import type { Image, ImageIndex, NameRecord } from './types.ts'

/** What an event calls it. */
export const idOf = (target: Image | ImageIndex): Digest =>
  'document' in target ? target.descriptor.digest : target.id

export const isSameTarget = (a: Omit<NameRecord, 'tagged'>, b: Omit<NameRecord, 'tagged'>): boolean =>
  a.imageId === b.imageId && a.manifest.digest === b.manifest.digest && a.index?.digest === b.index?.digest

export const targetOf = (target: Image | ImageIndex): Pick<NameRecord, 'manifest' | 'imageId' | 'index'> => {
  const image = 'document' in target ? shownOf(target) : target
  return {
    manifest: image.manifest,
    imageId: image.id,
    ...('document' in target ? { index: target.descriptor } : {}),
  }
}

/** The image of an index that its name shows. */
const shownOf = (index: ImageIndex): Image => {
  const fits = pickPlatform(index.images, ({ platform }) => platform, hostPlatform()) ?? index.images[0]
  if (!fits) throw new InternalError('tag an index without images')
  return fits.image
}
