import { InternalError } from '../../foundation/errors/index.ts'
import type { ProgressSink } from '../../foundation/events/index.ts'
import { formatPlatform, hostPlatform, type Platform, pickPlatform } from '../../foundation/oci/index.ts'
import { assembleIndex, type Image, type ImageIndex } from '../../store/image/index.ts'
import type { Store } from '../store.ts'
import type { Planned } from './plan.ts'
import type { BuildOptions, IndexAnnotation } from './types.ts'

type MakePlan = (options: BuildOptions, events: (sink: ProgressSink) => ProgressSink) => Promise<Planned>

/** A plan for each platform. What is wrong with the Dockerfile is told once. */
export const planPlatforms = async (
  platforms: readonly Platform[],
  options: BuildOptions,
  makePlan: MakePlan,
): Promise<readonly Planned[]> => {
  const told = new Set<string>()
  const once =
    (sink: ProgressSink): ProgressSink =>
    (event) => {
      const key = JSON.stringify(event)
      if (!told.has(key)) sink(event)
      told.add(key)
    }
  const plans: Planned[] = []
  for (const platform of platforms) plans.push(await makePlan({ ...options, platform }, once))
  return plans
}

/** Annotations of the manifest for one of several platforms. */
export const manifestAnnotations = (
  { annotations, indexAnnotations }: BuildOptions,
  platform: Platform,
): Readonly<Record<string, string>> => ({
  ...annotations,
  ...annotationsOn('manifest', indexAnnotations, platform),
})

/** The index of the images that were built, which are on the disk then, too. */
export const joinPlatforms = async (
  images: readonly Image[],
  platforms: readonly Platform[],
  store: Store,
  options: BuildOptions,
): Promise<{ readonly image: Image; readonly index: ImageIndex }> => {
  const entries = images.map(({ manifest }, position) => {
    const platform = platforms[position] ?? hostPlatform()
    const annotations = annotationsOn('manifest-descriptor', options.indexAnnotations, platform)
    const said = Object.keys(annotations).length > 0 ? { annotations } : {}
    return { ...manifest, ...said, platform }
  })
  const raw = assembleIndex(entries, annotationsOn('index', options.indexAnnotations))
  const index = store.images.adoptIndex(raw, images)
  if (options.sync !== false) await store.snapshots.sync()
  const shown = pickPlatform(index.images, ({ platform }) => platform, hostPlatform()) ?? index.images[0]
  if (!shown) throw new InternalError('build: an index without images')
  return { image: shown.image, index }
}

const annotationsOn = (
  on: IndexAnnotation['on'],
  annotations: readonly IndexAnnotation[] = [],
  platform?: Platform,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    annotations
      .filter((one) => one.on === on && (!one.platform || (platform && isSame(one.platform, platform))))
      .map(({ key, value }) => [key, value]),
  )

const isSame = (a: Platform, b: Platform): boolean => formatPlatform(a) === formatPlatform(b)
