import { AppError, exitCode } from '../foundation/errors/index.ts'
import { familiarName, formatReference, parseReference, type Reference } from '../foundation/oci/index.ts'
import type { Image, ImageIndex, ImageStore } from '../store/image/index.ts'
import { familiar, requireImage } from './images.ts'
import { namesOfIndex, removeIndex } from './images-indexes.ts'
import type { ImageUser, ImageUsers, Removal } from './images-removal.ts'

export type { ImageUser, ImageUsers, Removal } from './images-removal.ts'

export interface RemoveOptions {
  readonly force: boolean
  /** The containers of an image; none by default. */
  readonly usedBy?: ImageUsers
  /** Is a running command about to name it? Then only the names go. */
  readonly isBeingMade?: (image: Image) => boolean
}

/**
 * Removes a name, and the image with its last name, as docker does. By id it removes the image with all of its names,
 * which takes `force` when there are several; by REPOSITORY@DIGEST also when there is one. An image in use stays: without `force` nothing happens (`image-in-use`),
 * with it the names go; one that runs cannot be removed at all. Throws `image-not-found`, `image-has-names`.
 */
export const removeImage = (images: ImageStore, text: string, options: RemoveOptions): readonly Removal[] => {
  const index = images.resolveIndex(text)
  if (index) return removeOfIndex(images, text, index, options)
  const image = requireImage(images, text)
  const own = images.names().filter(({ imageId, index }) => imageId === image.id && index === undefined)
  const around = own.length > 0 ? undefined : indexAround(images, image)
  if (around) return removeOfIndex(images, text, around, options)
  const names = own.map((record) => parseReference(record.name))
  const name = nameOf(text, names)
  const users = options.usedBy?.(image) ?? []
  if (name && names.length > 1) return [untag(images, name)]
  if (!name && names.length > mostNames(text) && !options.force) {
    throw conflict('image-has-names', text, `it has the names ${names.map(familiar).join(', ')}`)
  }
  checkUsers(text, users, options.force, name !== undefined)
  const untagged = names.map((known) => untag(images, known))
  if (users.length > 0 || options.isBeingMade?.(image) === true) return untagged
  images.remove(image)
  return [...untagged, { kind: 'deleted', id: image.id }]
}

/** The same for a name of an index; also by the id of one of its images, which has no other name. */
const removeOfIndex = (
  images: ImageStore,
  text: string,
  index: ImageIndex,
  options: RemoveOptions,
): readonly Removal[] => {
  const names = namesOfIndex(images, index)
  const name = nameOf(text, names)
  if (name && names.length > 1) return [untag(images, name)]
  if (!name && names.length > mostNames(text) && !options.force)
    throw conflict('image-has-names', text, `it has the names ${names.map(familiar).join(', ')}`)
  const usedBy = options.usedBy ?? (() => [])
  const users = index.images.flatMap(({ image }) => usedBy(image))
  checkUsers(text, users, options.force, name !== undefined)
  return removeIndex(images, index, usedBy)
}

/** The first index that has the image. */
const indexAround = (images: ImageStore, image: Image): ImageIndex | undefined =>
  images.indexes().find((index) => index.images.some((one) => one.image.id === image.id))

/** Takes names away from images, which stay. Throws `image-not-found`, `bad-reference`. */
export const untagImage = (images: ImageStore, text: string): Removal => {
  const name = parseReference(text)
  if (!images.untag(name)) {
    requireImage(images, text)
    throw new AppError('image-not-found', `untag ${text}: it is not a name`, {
      exitCode: exitCode.failed,
      hint: 'give a name, NAME[:TAG]',
    })
  }
  return { kind: 'untagged', name }
}

/** How many names go with what is removed by an id. A digest in one repository says nothing of names, which may be of others. */
const mostNames = (text: string): number => (text.includes('@') ? 0 : 1)

/** The name that `text` is; undefined when it is an id or a digest. */
const nameOf = (text: string, names: readonly Reference[]): Reference | undefined => {
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(text)) return undefined
  try {
    const wanted = formatReference(parseReference(text))
    return names.find((name) => formatReference(name) === wanted)
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

const checkUsers = (text: string, users: readonly ImageUser[], force: boolean, byName: boolean): void => {
  const running = users.find((user) => user.running)
  // Forced by name, docker takes the name and leaves the image to the container.
  if (running && !(force && byName)) {
    throw conflict(
      'image-in-use',
      text,
      `container ${running.container} is running from it`,
      'stop the container first',
    )
  }
  const user = users[0]
  if (user && !force) throw conflict('image-in-use', text, `container ${user.container} was made from it`)
}

const untag = (images: ImageStore, name: Reference): Removal => {
  images.untag(name)
  return { kind: 'untagged', name }
}

const conflict = (
  code: string,
  text: string,
  why: string,
  hint = 'use -f to remove it nevertheless',
): AppError => new AppError(code, `remove image ${text}: ${why}`, { exitCode: exitCode.failed, hint })

/** `nginx:v3`, as docker prints it after `Untagged:`. */
export const removalLine = (removal: Removal): string =>
  removal.kind === 'deleted'
    ? `Deleted: ${removal.id}`
    : `Untagged: ${familiarName(removal.name)}:${removal.name.tag ?? 'latest'}`
