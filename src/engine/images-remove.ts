import { AppError, exitCode } from '../foundation/errors/index.ts'
import {
  type Digest,
  familiarName,
  formatReference,
  parseReference,
  type Reference,
} from '../foundation/oci/index.ts'
import type { Image, ImageStore } from '../store/image/index.ts'
import { familiar, namesByImage, requireImage } from './images.ts'

/** A container that was made from an image. */
export interface ImageUser {
  readonly container: string
  readonly running: boolean
}

export interface RemoveOptions {
  readonly force: boolean
  /** The containers of an image; none by default. */
  readonly usedBy?: (image: Image) => readonly ImageUser[]
}

/** What `rmi` did, in order. */
export type Removal =
  | { readonly kind: 'untagged'; readonly name: Reference }
  | { readonly kind: 'deleted'; readonly id: Digest }

/**
 * Removes a name, and the image with its last name, as docker does. By id it removes the image with all of its names,
 * which takes `force` when there are several. An image in use stays: without `force` nothing happens (`image-in-use`),
 * with it the names go; one that runs cannot be removed at all. Throws `image-not-found`, `image-has-names`.
 */
export const removeImage = (images: ImageStore, text: string, options: RemoveOptions): readonly Removal[] => {
  const image = requireImage(images, text)
  const names = namesByImage(images).get(image.id) ?? []
  const name = nameOf(text, names)
  const users = options.usedBy?.(image) ?? []
  if (name && names.length > 1) return [untag(images, name)]
  if (!name && names.length > 1 && !options.force) {
    throw conflict('image-has-names', text, `it has the names ${names.map(familiar).join(', ')}`)
  }
  checkUsers(text, users, options.force, name !== undefined)
  const untagged = names.map((known) => untag(images, known))
  if (users.length > 0) return untagged
  images.remove(image)
  return [...untagged, { kind: 'deleted', id: image.id }]
}

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
