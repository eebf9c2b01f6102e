import { describe, expect, it } from 'vitest'
import { hostPlatform, parsePlatform, parseReference } from '../../../../src/foundation/oci/index.ts'
import { richImage, scratchStore } from '../../../support/image-store.ts'
import { indexOf, platformImage } from '../../../support/index-image.ts'

const host = `linux/${hostPlatform().architecture}`
const other = 'linux/s390x'

describe('indexes', () => {
  it('leads a name to the image of this machine, or of the platform that is asked for', async () => {
    using store = scratchStore()
    const index = await indexOf(store, [other, host])
    store.images.tag(parseReference('web'), index)
    const [foreign, own] = index.images.map(({ image }) => image)
    expect(store.images.resolve('web')).toEqual(own)
    expect(store.images.resolve('web', parsePlatform(other))).toEqual(foreign)
    expect(store.images.resolve('web', parsePlatform('linux/riscv64'))).toBeUndefined()
    expect(store.images.resolve(`web@${index.descriptor.digest}`)).toEqual(own)
    expect(store.images.resolve(`web@${foreign?.manifest.digest}`)).toEqual(foreign)
    expect(store.images.resolveIndex('web')).toEqual(index)
    expect(store.images.resolveIndex(index.descriptor.digest)).toEqual(index)
    expect(store.images.resolveIndex(index.descriptor.digest.slice(7, 19))).toEqual(index)
    expect(store.images.resolveIndex(own?.id ?? '')).toBeUndefined()
    expect(store.images.names()).toMatchObject([{ imageId: own?.id, index: index.descriptor }])
  })

  it('gives the first image where none is for this machine', async () => {
    using store = scratchStore()
    const index = await indexOf(store, [other, 'linux/riscv64'])
    store.images.tag(parseReference('web'), index)
    expect(store.images.resolve('web')).toEqual(index.images[0]?.image)
  })

  it('takes what comes later to what is there', async () => {
    using elsewhere = scratchStore()
    const whole = await indexOf(elsewhere, [host, other])
    const raw = elsewhere.content.read(whole.descriptor.digest)
    using store = scratchStore()
    const first = await platformImage(store, parsePlatform(other))
    expect(store.images.adoptIndex(raw, [first]).images).toHaveLength(1)
    const second = await platformImage(store, parsePlatform(host))
    const both = store.images.adoptIndex(raw, [second])
    expect(both.images.map(({ image }) => image.id)).toEqual([second.id, first.id])
    expect(both.descriptor).toEqual(whole.descriptor)
  })

  it('refuses images that the index does not name, and an index without any', async () => {
    using store = scratchStore()
    const index = await indexOf(store, [host])
    const raw = store.content.read(index.descriptor.digest)
    const stranger = await richImage(store)
    expect(() => store.images.adoptIndex(raw, [stranger])).toThrow('does not name the manifest')
    using empty = scratchStore()
    expect(() => empty.images.adoptIndex(raw, [])).toThrow('none of the images')
    expect(empty.images.indexes()).toEqual([])
  })

  it('keeps its images when one of them gets another manifest, and its names when one is removed', async () => {
    using store = scratchStore()
    const index = await indexOf(store, [host, other])
    store.images.tag(parseReference('web'), index)
    const own = index.images[0]?.image
    if (!own) throw new Error('there is no image')
    const { rootfs: _, ...config } = own.config
    await store.images.create(config, own.stack, { annotations: { a: 'b' }, sync: false })
    expect(store.images.resolve('web')).toEqual(own)
    store.images.remove(own)
    expect(store.images.resolve('web')).toEqual(own)
    store.images.removeIndex(index)
    expect(store.images.names()).toEqual([])
    expect(store.images.list()).toHaveLength(1)
  })

  it('is not found when all of its images lost a part', async () => {
    using store = scratchStore()
    const index = await indexOf(store, [host, other])
    store.images.tag(parseReference('web'), index)
    for (const { image } of index.images) {
      expect(store.images.resolveIndex('web')).toBeDefined()
      store.content.remove(image.manifest.digest)
    }
    expect(store.images.resolveIndex('web')).toBeUndefined()
    expect(store.images.resolve('web')).toBeUndefined()
  })
})
