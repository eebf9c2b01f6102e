import type { Store } from '../../src/engine/store.ts'
import { formatPlatform, type Platform, parsePlatform } from '../../src/foundation/oci/index.ts'
import { assembleIndex, type Image, type ImageIndex } from '../../src/store/image/index.ts'
import { entry } from './image-store.ts'

/** An image of one layer with the file `platform`, which says what it is for. */
export const platformImage = (store: Store, platform: Platform): Promise<Image> => {
  const text = formatPlatform(platform)
  const layer = store.snapshots.writeLayer((writer) =>
    writer.add(entry('platform', { size: text.length }), { kind: 'bytes', bytes: Buffer.from(text) }),
  )
  const created = '2026-11-22T01:02:03Z'
  return store.images.create(
    {
      ...platform,
      created,
      config: { Cmd: ['/platform'] },
      history: [{ created, created_by: `COPY ${text}` }],
    },
    [layer],
    { sync: false },
  )
}

/** An index of such images. */
export const indexOf = async (store: Store, platforms: readonly string[]): Promise<ImageIndex> => {
  const wanted = platforms.map(parsePlatform)
  const images: Image[] = []
  for (const platform of wanted) images.push(await platformImage(store, platform))
  const raw = assembleIndex(images.map(({ manifest }, at) => ({ ...manifest, ...platformAt(wanted, at) })))
  return store.images.adoptIndex(raw, images)
}

const platformAt = (platforms: readonly Platform[], at: number): { readonly platform?: Platform } => {
  const platform = platforms[at]
  return platform ? { platform } : {}
}
