import { type Container, openStore } from '../../engine/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'

/** What words mean now in the store of images. */
export interface KnownImages {
  /** Ids of the images that a word means: several for an index. */
  idsOf(word: string): readonly string[]
  /** The word that a container was made with, as long as that means the same image; then the image's id. */
  shownFor(record: Container['record'], truncate: boolean): string
}

/** Each word is looked up once. */
export const knownImages = (root: HostPath): KnownImages => {
  const known = new Map<string, readonly string[]>()
  const idsOf = (word: string): readonly string[] => {
    const ids = known.get(word) ?? lookUp(root, word)
    known.set(word, ids)
    return ids
  }
  return {
    idsOf,
    shownFor: ({ image, imageId }, truncate) => {
      if (idsOf(image).includes(imageId)) return image
      return truncate ? imageId.replace('sha256:', '').slice(0, 12) : imageId
    },
  }
}

const lookUp = (root: HostPath, word: string): readonly string[] => {
  try {
    const { images } = openStore({ root })
    const image = images.resolve(word)
    const index = images.resolveIndex(word)
    return [...(image ? [image.id] : []), ...(index?.images ?? []).map((one) => one.image.id)]
  } catch {
    // No name of an image, or an image that cannot be read: `images` and `fsck` tell of that.
    return []
  }
}
