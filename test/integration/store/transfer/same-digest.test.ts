import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadImages, saveImages } from '../../../../src/engine/images-transfer.ts'
import { pruneStore } from '../../../../src/engine/index.ts'
import { parseCompression } from '../../../../src/store/compression/index.ts'
import { assembleIndex, type Image, type ImageIndex } from '../../../../src/store/image/index.ts'
import { richImage, scratchStore } from '../../../support/image-store.ts'
import { type DockerRegistry, startDockerRegistry } from '../../../support/registry/docker-registry.ts'
import { pullFrom, pushTo } from '../../../support/transfer-rig.ts'

let server: DockerRegistry
let other: DockerRegistry
beforeAll(async () => {
  server = await startDockerRegistry()
  other = await startDockerRegistry()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
})

/** What a name stands for, as `push` takes it. */
const targetOf = ({ images }: ReturnType<typeof scratchStore>, name: string): Image | ImageIndex => {
  const target = images.resolveIndex(name) ?? images.resolve(name)
  if (!target) throw new Error(`${name} is not in the store`)
  return target
}

describe('one image that was pulled with several compressions', () => {
  it('is pushed under each of its names with the digest that it came with', async () => {
    using from = scratchStore()
    using to = scratchStore()
    const image = await richImage(from)
    const kinds = ['gzip', 'zstd', 'none'] as const
    const digests: string[] = []
    for (const kind of kinds) {
      const compression = parseCompression(kind, kind === 'none' ? undefined : '1')
      const pushed = await pushTo(from, `${server.host}/kinds:${kind}`, image, { compression, force: true })
      digests.push(pushed.descriptor.digest)
    }
    expect(new Set(digests).size).toBe(kinds.length)
    for (const kind of kinds) await pullFrom(to, `${server.host}/kinds:${kind}`)
    await pruneStore(to, { all: false })
    const again: string[] = []
    for (const kind of kinds) {
      const target = targetOf(to, `${server.host}/kinds:${kind}`)
      again.push((await pushTo(to, `${other.host}/again:${kind}`, target)).descriptor.digest)
    }
    expect(again).toEqual(digests)
    for (const format of ['oci-archive', 'docker-archive'] as const) {
      using loaded = scratchStore()
      const names = kinds.map((kind) => `${server.host}/kinds:${kind}`)
      const path = join(to.directory, format)
      await saveImages(to, names, { kind: 'path', path }, { format })
      await loadImages(loaded, { kind: 'file', path })
      const kept = names.map((name) => loaded.images.resolve(name)?.manifest.digest)
      expect(kept, format).toEqual(digests)
    }
  })
  it('is compressed again, with a warning, where its blobs cannot be had any more', async () => {
    using from = scratchStore()
    using to = scratchStore()
    const image = await richImage(from)
    {
      await using passing = await startDockerRegistry()
      for (const level of ['1', '9']) {
        const name = `${passing.host}/levels:${level}`
        await pushTo(from, name, image, { compression: parseCompression('gzip', level), force: true })
        await pullFrom(to, name)
      }
    }
    const [last] = to.images.list()
    if (!last) throw new Error('no image')
    const { events } = await pushTo(to, `${other.host}/levels:9`, last)
    expect(events).toContainEqual(expect.objectContaining({ kind: 'warning' }))
    using third = scratchStore()
    expect((await pullFrom(third, `${other.host}/levels:9`)).image.id).toBe(image.id)
  })
})

it('an image for another platform than the one asked for is not pushed', async () => {
  using store = scratchStore()
  const image = await richImage(store)
  const platform = { os: 'linux', architecture: 's390x' }
  await expect(pushTo(store, `${server.host}/platform:1`, image, { platform })).rejects.toMatchObject({
    code: 'no-such-platform',
  })
})

it('an index of uncompressed images goes out as it came', async () => {
  using from = scratchStore()
  using to = scratchStore()
  const image = await richImage(from)
  const index = from.images.adoptIndex(
    assembleIndex([{ ...image.manifest, platform: { os: 'linux', architecture: 'amd64' } }]),
    [image],
  )
  const plain = `${server.host}/plain-index:1`
  const pushed = await pushTo(from, plain, index, { compression: parseCompression('none') })
  expect(pushed.descriptor.digest).toBe(index.descriptor.digest)
  await pullFrom(to, plain)
  const again = await pushTo(to, `${other.host}/plain-index:2`, targetOf(to, plain))
  expect(again.descriptor.digest).toBe(pushed.descriptor.digest)
})
