import { formatPlatform, pickPlatform, platformOf, type Reference } from '../../foundation/oci/index.ts'
import type { Image, ImageIndex } from '../image/index.ts'
import { isAttestation } from './documents.ts'
import { TransferError } from './errors.ts'
import { createBlobSender } from './send-blobs.ts'
import { currentDigest, type Job, sendImage } from './send-image.ts'
import { sendIndex } from './send-index.ts'
import type { Pushable, Pushed, PushOptions, Transfer } from './types.ts'

/**
 * Sends an image, or an index with its images, to a repository, and gives it the name there. Whether the registry has a blob is asked
 * for all layers at once. Throws `TransferError`, `RegistryError`.
 */
export const pushImage = async (
  transfer: Transfer,
  name: Reference,
  target: Pushable,
  options: PushOptions = {},
): Promise<Pushed> => {
  const { registry, signal, store } = transfer
  const to = { registry: name.registry, repository: name.repository }
  const current = options.byDigest ? undefined : currentDigest(transfer, name)
  const sender = createBlobSender(transfer, to)
  if (!('document' in target)) checkPlatform(target, options)
  const job: Job = { transfer, to, sender, options }
  const chosen = 'document' in target ? (singleOf(transfer, target, options) ?? target) : target
  const document = 'document' in chosen ? await sendIndex(job, chosen) : await sendImage(job, chosen)
  const isNew = document.sent || (await current) !== document.descriptor.digest
  if (isNew) {
    const goal: Reference = options.byDigest ? { ...to, digest: document.descriptor.digest } : name
    await registry.pushManifest(
      goal,
      { mediaType: document.descriptor.mediaType, bytes: document.raw },
      signal ? { signal } : {},
    )
  }
  store.images.pin({ ...to, digest: document.descriptor.digest }, chosen)
  return { descriptor: document.descriptor, upToDate: !isNew }
}

/** Who asks for a platform does not get another one. */
const checkPlatform = ({ config }: Image, { platform }: PushOptions): void => {
  if (!platform || pickPlatform([config], platformOf, platform)) return
  throw new TransferError(
    'no-such-platform',
    `push: the image is for ${formatPlatform(platformOf(config))}, not for ${formatPlatform(platform)}`,
  )
}

/** The one image that goes out in place of an index: the one asked for, or the only one that is here of several. */
const singleOf = (
  { events }: Transfer,
  { document, images }: ImageIndex,
  { platform }: PushOptions,
): Image | undefined => {
  if (platform) {
    const found = pickPlatform(images, (one) => one.platform, platform)
    if (found) return found.image
    throw new TransferError('no-such-platform', 'push: the store has no image for that platform', {
      hint: 'pull it with --platform or --all-platforms first',
    })
  }
  const wanted = document.manifests.filter((entry) => !isAttestation(entry)).length
  const [only] = images
  if (images.length >= wanted || !only) return undefined
  if (images.length > 1) {
    throw new TransferError(
      'incomplete-image',
      `push: ${images.length} of the ${wanted} images of the index are in the store`,
      { hint: 'pull it with --all-platforms, or push one of them with --platform' },
    )
  }
  const message = `the store has one of the ${wanted} images of the index: only that one is pushed`
  events({ kind: 'warning', message })
  return only.image
}
