import { AppError, exitCode, suggest } from '../foundation/errors/index.ts'
import {
  familiarName,
  type Platform,
  parseReference,
  pickPlatform,
  platformOf,
  type Reference,
} from '../foundation/oci/index.ts'
import type { Image, ImageStore, NameRecord } from '../store/image/index.ts'
import { wrongPlatform } from './wrong-platform.ts'

/** `nginx:v3`, `user/app:latest`, `localhost:5000/app:1`: a name as people type it. */
export const familiar = (name: Reference): string => `${familiarName(name)}${name.tag ? `:${name.tag}` : ''}`

/**
 * The image that `text` means; of an index the one for `platform`, or for this machine. Throws `image-not-found` with the nearest
 * name, and `wrong-platform` when there is none for `platform`.
 */
export const requireImage = (images: ImageStore, text: string, platform?: Platform): Image => {
  const image = images.resolve(text, platform)
  if (image && isFor(image, platform)) return image
  const other = image ?? images.resolve(text)
  if (other && platform)
    throw wrongPlatform(`find image ${text}`, platform, platformsOf(images, text, other), exitCode.failed)
  const names = images.names().map((record) => familiar(parseReference(record.name)))
  const near = suggest(text, names) ?? suggest(`${text}:latest`, names)
  throw new AppError('image-not-found', `find image ${text}: it is not in the store`, {
    exitCode: exitCode.failed,
    hint: near ? `did you mean ${near}?` : '`tsbuild images` lists what is there',
    details: { reference: text },
  })
}

/** The names (`ImageStore.names`) of every image, by image id, in code unit order. */
export const namesByImage = (records: readonly NameRecord[]): ReadonlyMap<string, readonly Reference[]> => {
  const names = new Map<string, Reference[]>()
  for (const record of records) {
    const known = names.get(record.imageId) ?? []
    known.push(parseReference(record.name))
    names.set(record.imageId, known)
  }
  return names
}

/** All names that lead to an image, those of indexes too, as people type them. */
export const namesOf = (images: ImageStore, image: Image): readonly string[] =>
  (namesByImage(images.names()).get(image.id) ?? []).map(familiar)

/** Points `name` at the image or index that `source` means. Throws `image-not-found`, `bad-reference`. */
export const tagImage = (images: ImageStore, source: string, name: string): void => {
  const image = requireImage(images, source)
  images.tag(parseReference(name), images.resolveIndex(source) ?? image)
}

const isFor = ({ config }: Image, platform: Platform | undefined): boolean =>
  platform === undefined || pickPlatform([config], (one) => platformOf(one), platform) !== undefined

const platformsOf = (images: ImageStore, text: string, image: Image): readonly Platform[] =>
  images.resolveIndex(text)?.images.map(({ platform }) => platform) ?? [platformOf(image.config)]
