import { rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { digestOf, parseReference } from '../../../../src/foundation/oci/index.ts'
import { assembleImage } from '../../../../src/store/image/assemble.ts'
import { validateImage } from '../../../../src/store/image/index.ts'
import { richImage, scratchStore } from '../../../support/image-store.ts'

describe('image store', () => {
  it('creates images that are right, and the same for the same input', async () => {
    using store = scratchStore()
    const image = await richImage(store)
    expect(await validateImage(image, store)).toEqual([])
    expect(image.config.rootfs.diff_ids).toHaveLength(2)
    expect(store.images.list()).toEqual([image])
    using other = scratchStore()
    expect((await richImage(other)).manifest).toEqual(image.manifest)
  })

  it('refuses a history that does not fit the layers', async () => {
    using store = scratchStore()
    await expect(
      store.images.create({ architecture: 'amd64', os: 'linux', history: [{}] }, []),
    ).rejects.toMatchObject({ code: 'bad-history' })
    expect(store.images.list()).toEqual([])
  })

  it('finds images by name, id, prefix and digest', async () => {
    using store = scratchStore()
    const image = await richImage(store)
    store.images.tag(parseReference('web:v1'), image)
    const hex = image.id.slice(7)
    for (const text of [
      'web:v1',
      'docker.io/library/web:v1',
      image.id,
      hex,
      hex.slice(0, 12),
      hex.slice(0, 4),
      `sha256:${hex.slice(0, 8)}`,
      image.manifest.digest,
      `web@${image.manifest.digest}`,
      `web:other@${image.manifest.digest}`,
    ]) {
      expect(store.images.resolve(text)?.id, text).toBe(image.id)
    }
    for (const text of ['web', 'web:v2', hex.slice(0, 3), `db@${image.manifest.digest}`, digestOf('x')]) {
      expect(store.images.resolve(text), text).toBeUndefined()
    }
    expect(() => store.images.resolve('Bad Name')).toThrow('parse image name')
  })

  it('prefers a name to an id that starts the same', async () => {
    using store = scratchStore()
    const first = await richImage(store)
    const second = await richImage(store, { User: '1' })
    const prefix = first.id.slice(7, 13)
    store.images.tag(parseReference(prefix), second)
    expect(store.images.resolve(prefix)?.id).toBe(second.id)
  })

  it('does not guess between ids', async () => {
    using store = scratchStore()
    const config = (n: number) => ({ architecture: 'amd64', os: 'linux', config: { User: String(n) } })
    const seen = new Map<string, number>()
    // 16 bits of prefix: a pair is certain long before the list ends.
    for (let n = 0; ; n++) {
      const prefix = digestOf(assembleImage(config(n), []).raw.config).slice(7, 11)
      const twin = seen.get(prefix)
      seen.set(prefix, n)
      if (twin === undefined) continue
      await store.images.create(config(n), [], { sync: false })
      expect(store.images.resolve(prefix)).toBeDefined()
      await store.images.create(config(twin), [], { sync: false })
      expect(() => store.images.resolve(prefix)).toThrow(expect.objectContaining({ code: 'ambiguous-id' }))
      return
    }
  })

  it('moves names, takes them away, and forgets images', async () => {
    using store = scratchStore()
    const first = await richImage(store)
    const second = await richImage(store, { User: '1' })
    const name = parseReference('web')
    store.images.tag(name, first)
    store.images.tag(name, second)
    expect(store.images.resolve('web')?.id).toBe(second.id)
    expect(store.images.untag(parseReference('nope'))).toBe(false)
    expect(() => store.images.tag(parseReference(`a@${digestOf('x')}`), first)).toThrow('no digest')
    store.images.remove(second)
    expect(store.images.names()).toEqual([])
    expect(store.images.list()).toEqual([first])
  })

  it('has one manifest per image, the last one, and for each name the one that it was given', async () => {
    using store = scratchStore()
    const first = await richImage(store)
    store.images.tag(parseReference('web'), first)
    const { rootfs: _, ...config } = first.config
    const second = await store.images.create(config, first.stack, { annotations: { a: 'b' }, sync: false })
    expect(second.id).toBe(first.id)
    expect(second.manifest.digest).not.toBe(first.manifest.digest)
    expect(store.images.list()).toEqual([second])
    expect(store.images.resolve(first.id)?.manifest).toEqual(second.manifest)
    expect(store.images.resolve('web')?.manifest).toEqual(first.manifest)
    expect(store.images.resolve(`web@${first.manifest.digest}`)?.manifest).toEqual(first.manifest)
    expect(store.images.resolve(first.manifest.digest)?.manifest).toEqual(first.manifest)
    store.content.remove(first.manifest.digest)
    expect(store.images.resolve('web')?.manifest).toEqual(second.manifest)
  })

  it('does not find an image that lost a part, and does not fail for the others', async () => {
    using store = scratchStore()
    const image = await richImage(store)
    const damaged = await richImage(store, { User: '1' })
    const path = store.content.pathOf(damaged.id)
    rmSync(path)
    expect(store.images.list()).toEqual([image])
    writeFileSync(path, '{}')
    expect(store.images.resolve(damaged.id)).toBeUndefined()
    store.content.remove(image.manifest.digest)
    expect(store.images.list()).toEqual([])
  })

  it('sees tampering', async () => {
    using store = scratchStore()
    const image = await richImage(store)
    const [bottom] = image.stack
    if (bottom === undefined) throw new Error('no layer')
    const tar = await store.snapshots.tarOf(bottom)
    rmSync(tar.path)
    writeFileSync(tar.path, Buffer.alloc(tar.size, 'other bytes'))
    expect((await validateImage(image, store)).join()).toContain('layer 0')
    // One that is cut off is none at all.
    writeFileSync(tar.path, 'other bytes')
    await expect(validateImage(image, store)).rejects.toMatchObject({ code: 'layer-not-found' })
  })
})
