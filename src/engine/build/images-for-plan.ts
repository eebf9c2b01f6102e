import { type ImageNeed, imageKey, type ResolvedImage } from '../../build/graph/index.ts'
import { AppError, exitCode, suggest } from '../../foundation/errors/index.ts'
import {
  type Digest,
  familiarName,
  formatPlatform,
  type ImageConfig,
  type Platform,
  parseReference,
} from '../../foundation/oci/index.ts'
import { type Image, type ImageStore, layerHistory } from '../../store/image/index.ts'
import type { Lease } from '../../store/snapshot/index.ts'

/** The images that one build uses, each resolved once: a name that moves meanwhile does not move the build. */
export interface PlanImages {
  /** Brings in what is not here, or all of it, as the build wants. What fails is thrown by `resolve`. */
  bring(needs: readonly ImageNeed[]): Promise<void>
  /**
   * Of an index the image for `platform`, otherwise the one image of that name, for whatever platform it is. Throws `image-not-found`.
   */
  resolve(reference: string, platform: Platform): ResolvedImage
  /** By `imageKey`. */
  readonly resolved: ReadonlyMap<string, ResolvedImage>
  byManifest(manifest: Digest): Image | undefined
  /** The images with the names that were asked for, by `imageKey`. */
  readonly named: ReadonlyMap<string, NamedBase>
}

export interface NamedBase {
  readonly reference: string
  readonly image: Image
}

/** Pulls images where that is wanted; what could not be had. */
export type Bring = (needs: readonly ImageNeed[]) => Promise<Iterable<readonly [ImageNeed, AppError]>>

export const createPlanImages = (images: ImageStore, lease: Lease, fetch?: Bring): PlanImages => {
  const resolved = new Map<string, ResolvedImage>()
  const byManifest = new Map<Digest, Image>()
  const failed = new Map<string, AppError>()
  const named = new Map<string, NamedBase>()
  return {
    named,
    async bring(needs) {
      if (!fetch) return
      for (const [{ reference, platform }, error] of await fetch(needs))
        failed.set(imageKey(reference, platform), error)
    },
    resolved,
    byManifest: (manifest) => byManifest.get(manifest),
    resolve: (reference, platform) => {
      const failure = failed.get(imageKey(reference, platform))
      if (failure) throw failure
      const image = images.resolve(reference, platform)
      if (!image) throw otherPlatforms(reference, platform, images) ?? notFound(reference, images)
      lease.hold([image.id, image.manifest.digest, ...image.stack])
      const found = { manifest: image.manifest.digest, config: withHistory(image.config) }
      byManifest.set(found.manifest, image)
      named.set(imageKey(reference, platform), { reference, image })
      resolved.set(imageKey(reference, platform), found)
      return found
    },
  }
}

/** Many tools write no history, or one that does not match: what is built on top needs an entry for each layer. */
const withHistory = (config: ImageConfig): ImageConfig => ({
  ...config,
  history: layerHistory(config).map(({ entry }) => entry),
})

/** An index that has the image, but not for this platform. */
const otherPlatforms = (reference: string, platform: Platform, images: ImageStore): AppError | undefined => {
  const index = images.resolveIndex(reference)
  if (!index) return undefined
  const offered = index.images.map((one) => formatPlatform(one.platform)).join(', ')
  return new AppError(
    'image-not-found',
    `use image ${reference} for ${formatPlatform(platform)}: the store has it for ${offered}`,
    { exitCode: exitCode.failed, hint: 'bring it in for that platform', details: { reference } },
  )
}

const notFound = (reference: string, images: ImageStore): AppError => {
  // Checks the grammar: a bad name has a better message than "not found".
  const { repository } = parseReference(reference)
  const names = images.names().flatMap(({ name }) => {
    const known = parseReference(name)
    const short = familiarName(known)
    return known.tag === 'latest' ? [short] : [`${short}:${known.tag ?? ''}`]
  })
  const near =
    suggest(reference, names) ??
    names.find((name) => name.split(':')[0] === repository.replace(/^library\//, ''))
  return new AppError('image-not-found', `use image ${reference}: it is not in the store`, {
    exitCode: exitCode.failed,
    hint: near
      ? `the store has ${near}`
      : 'bring it in with `tsbuild load -i FILE` or `tsbuild import FILE NAME`; `tsbuild images` lists what is there',
    details: { reference },
  })
}
