import { familiar, type ImageRow, imageSize, type Store } from '../../engine/index.ts'
import { formatPlatform } from '../../foundation/oci/index.ts'
import { humanSize, shortId } from '../render/human.ts'
import { renderTable } from '../render/table.ts'

/** Images with the platforms that they are for, those that are not in the store too. */
export const renderTree = (store: Store, rows: readonly ImageRow[]): string => {
  const lines = rows.flatMap((row): readonly (readonly string[])[] => {
    const name = row.name ? familiar(row.name) : '<untagged>'
    const platforms = platformsOf(store, row)
    const size = platforms.reduce((sum, one) => sum + (one.size ?? 0), 0)
    const id = shortId(row.index?.descriptor.digest ?? row.id)
    return [
      [name, id, humanSize(size)],
      ...platforms.map((one, at): readonly string[] => [
        `${at === platforms.length - 1 ? '└─' : '├─'} ${one.platform}`,
        shortId(one.id),
        one.size === undefined ? 'not here' : humanSize(one.size),
      ]),
    ]
  })
  return renderTable(['IMAGE', 'ID', 'SIZE'], lines)
}

interface Line {
  readonly platform: string
  readonly id: string
  /** Undefined: the store does not have it. */
  readonly size?: number
}

const platformsOf = (store: Store, { image, index }: ImageRow): readonly Line[] => {
  if (!index) {
    const size = imageSize(store.snapshots, image)
    const whole = store.images.open(image)
    return whole ? [{ platform: formatPlatform(whole.config), id: image.id, size }] : []
  }
  return index.document.manifests.flatMap(({ digest, platform }): readonly Line[] => {
    const here = index.images.find((one) => one.image.manifest.digest === digest)
    if (here) {
      const size = imageSize(store.snapshots, here.image)
      return [{ platform: formatPlatform(here.platform), id: here.image.id, size }]
    }
    // Attestations are for no platform.
    return platform && platform.os !== 'unknown' ? [{ platform: formatPlatform(platform), id: digest }] : []
  })
}
