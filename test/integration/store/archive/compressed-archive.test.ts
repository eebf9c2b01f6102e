import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadImages, saveImages } from '../../../../src/engine/images-transfer.ts'
import { mediaType, parseManifest, parseReference } from '../../../../src/foundation/oci/index.ts'
import { parseCompression } from '../../../../src/store/compression/index.ts'
import { validateImage } from '../../../../src/store/image/index.ts'
import { richImage, scratchStore } from '../../../support/image-store.ts'
import { indexOf } from '../../../support/index-image.ts'

const zstd = { compression: parseCompression('zstd'), force: false }

it('an OCI archive has the layers of its images as they were asked for', async () => {
  using store = scratchStore()
  using other = scratchStore()
  const image = await richImage(store)
  store.images.tag(parseReference('web:1'), image)
  const path = join(store.directory, 'image.tar')
  await saveImages(store, ['web:1'], { kind: 'path', path }, { format: 'oci-archive', recompression: zstd })
  const [loaded] = await loadImages(other, { kind: 'file', path })
  if (!loaded) throw new Error('nothing was loaded')
  expect(loaded.image.id).toBe(image.id)
  expect(await validateImage(loaded.image, other)).toEqual([])
  const manifest = parseManifest(other.content.read(loaded.image.manifest.digest).toString('utf8'))
  expect(new Set(manifest.layers.map((layer) => layer.mediaType))).toEqual(new Set([mediaType.layerZstd]))
  // What is in the store is what it was.
  expect(store.images.resolve('web:1')?.manifest).toEqual(image.manifest)

  // Saved again as it is.
  const copy = join(store.directory, 'copy.tar')
  await saveImages(other, ['web:1'], { kind: 'path', path: copy }, { format: 'oci-archive' })
  using third = scratchStore()
  const [again] = await loadImages(third, { kind: 'file', path: copy })
  expect(again?.image.manifest).toEqual(loaded.image.manifest)
})

it('so have those of an index', async () => {
  using store = scratchStore()
  using other = scratchStore()
  const index = await indexOf(store, ['linux/amd64', 'linux/arm64'])
  store.images.tag(parseReference('web:1'), index)
  const path = join(store.directory, 'index.tar')
  await saveImages(store, ['web:1'], { kind: 'path', path }, { format: 'oci-archive', recompression: zstd })
  const [loaded] = await loadImages(other, { kind: 'file', path })
  expect(loaded?.index?.images.map(({ image }) => image.id)).toEqual(
    index.images.map(({ image }) => image.id),
  )
  expect(loaded?.index?.descriptor.digest).not.toBe(index.descriptor.digest)
  for (const { image } of loaded?.index?.images ?? []) {
    const { layers } = parseManifest(other.content.read(image.manifest.digest).toString('utf8'))
    expect(layers.map((layer) => layer.mediaType)).toEqual([mediaType.layerZstd])
  }
})
