import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mediaType, parseManifest, parseReference } from '../../../../src/foundation/oci/index.ts'
import { parseCompression } from '../../../../src/store/compression/index.ts'
import { type Image, validateImage } from '../../../../src/store/image/index.ts'
import { richImage, scratchStore } from '../../../support/image-store.ts'
import { type DockerRegistry, startDockerRegistry } from '../../../support/registry/docker-registry.ts'
import { startFakeRegistry } from '../../../support/registry/fake-registry.ts'
import { pullFrom, pushTo } from '../../../support/transfer-rig.ts'

let server: DockerRegistry
beforeAll(async () => {
  server = await startDockerRegistry()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

const statesOf = (events: readonly { readonly kind: string }[]): readonly string[] =>
  events.flatMap((event) =>
    event.kind === 'layer' && 'state' in event
      ? [String(event.state)]
      : event.kind === 'mounted'
        ? ['mounted']
        : [],
  )

describe('a real registry', () => {
  it('gives back what was pushed, and gets it again under the same digest', async () => {
    using from = scratchStore()
    using to = scratchStore()
    const image = await richImage(from)
    const name = `${server.host}/round/trip:1`
    const pushed = await pushTo(from, name, image)
    expect(pushed.upToDate).toBe(false)

    const pulled = await pullFrom(to, name)
    expect(pulled.descriptor.digest).toBe(pushed.descriptor.digest)
    expect(pulled.image.id).toBe(image.id)
    expect(pulled.upToDate).toBe(false)
    expect(await validateImage(pulled.image, to)).toEqual([])
    expect(to.images.resolve(name)?.id).toBe(image.id)
    expect(to.images.resolve(`${server.host}/round/trip@${pushed.descriptor.digest}`)?.id).toBe(image.id)
    // In the store that built it the digest of the registry is known too, though its own manifest is another.
    expect(from.images.resolve(`${server.host}/round/trip@${pushed.descriptor.digest}`)?.id).toBe(image.id)

    const again = await pushTo(to, `${server.host}/other/place:2`, pulled.image)
    expect(again.descriptor.digest).toBe(pushed.descriptor.digest)
    expect((await pullFrom(to, name)).upToDate).toBe(true)
  })
  it('is sent gzip layers of OCI types, and none for a scratch image', async () => {
    using store = scratchStore()
    const image = await richImage(store)
    const { descriptor } = await pushTo(store, `${server.host}/types:1`, image)
    using other = scratchStore()
    const { image: pulled } = await pullFrom(other, `${server.host}/types:1`)
    const manifest = parseManifest(other.content.read(descriptor.digest).toString('utf8'))
    expect(manifest.layers.map((layer) => layer.mediaType)).toEqual([
      mediaType.layerGzip,
      mediaType.layerGzip,
    ])
    expect(pulled.manifest.mediaType).toBe(mediaType.manifest)
    const empty = await store.images.create({ architecture: 'amd64', os: 'linux' }, [], { sync: false })
    await pushTo(store, `${server.host}/empty:1`, empty)
    expect((await pullFrom(other, `${server.host}/empty:1`)).image.stack).toEqual([])
  })
  it('takes uncompressed layers, and other levels, when they are asked for', async () => {
    using store = scratchStore()
    const image = await richImage(store)
    const plain = await pushTo(store, `${server.host}/plain:1`, image, {
      compression: parseCompression('none'),
    })
    expect(plain.descriptor.digest).toBe(image.manifest.digest)
    const nine = await pushTo(store, `${server.host}/nine:1`, image, {
      compression: parseCompression('gzip', '9'),
    })
    expect(nine.descriptor.digest).not.toBe(plain.descriptor.digest)
  })
  it('keeps an old tag that was pulled apart from a new one', async () => {
    using from = scratchStore()
    using to = scratchStore()
    const name = `${server.host}/moving:1`
    const first = await richImage(from)
    await pushTo(from, name, first)
    const old = await pullFrom(to, name)
    const second = await richImage(from, { Labels: { other: '1' } })
    await pushTo(from, name, second)
    const moved = await pullFrom(to, name)
    expect([moved.image.id, moved.upToDate]).toEqual([second.id, false])
    expect(statesOf(moved.events).slice(-2)).toEqual(['exists', 'exists'])
    expect(to.images.resolve(`${server.host}/moving@${old.descriptor.digest}`)?.id).toBe(first.id)
    const byDigest = await pullFrom(to, `${server.host}/moving@${old.descriptor.digest}`)
    expect([byDigest.image.id, byDigest.upToDate]).toEqual([first.id, true])
    to.images.remove(first)
    expect(to.images.resolve(`${server.host}/moving@${old.descriptor.digest}`)).toBeUndefined()
  })
})

describe('requests', () => {
  const push = async (store: ReturnType<typeof scratchStore>, image: Image, name: string) => {
    const { events } = await pushTo(store, name, image)
    return statesOf(events)
  }
  it('of a push that has nothing to do are HEADs only', async () => {
    await using registry = await startFakeRegistry()
    using store = scratchStore()
    const image = await richImage(store)
    await push(store, image, `${registry.host}/app:1`)
    registry.requests.length = 0
    expect(await push(store, image, `${registry.host}/app:1`)).toEqual(['exists', 'exists', 'exists'])
    expect(registry.requests.map(({ method }) => method)).toEqual(['HEAD', 'HEAD', 'HEAD', 'HEAD'])
  })
  it('of a pull that has nothing to do are one HEAD', async () => {
    await using registry = await startFakeRegistry()
    using store = scratchStore()
    await push(store, await richImage(store), `${registry.host}/app:1`)
    using other = scratchStore()
    await pullFrom(other, `${registry.host}/app:1`)
    registry.requests.length = 0
    await pullFrom(other, `${registry.host}/app:1`)
    expect(registry.requests.map(({ method }) => method)).toEqual(['HEAD'])
  })
  it('mount what another repository has', async () => {
    using store = scratchStore()
    const image = await richImage(store)
    await push(store, image, `${server.host}/mount/a:1`)
    expect(await push(store, image, `${server.host}/mount/b:1`)).toEqual(['mounted', 'mounted', 'mounted'])
    using other = scratchStore()
    expect((await pullFrom(other, `${server.host}/mount/b:1`)).image.id).toBe(image.id)
  })
  it('do not fetch layers that are here under another compression', async () => {
    await using registry = await startFakeRegistry()
    using store = scratchStore()
    const image = await richImage(store)
    await pushTo(store, `${registry.host}/app:1`, image, { compression: parseCompression('gzip', '1') })
    store.images.remove(image)
    registry.requests.length = 0
    const { events } = await pullFrom(store, `${registry.host}/app:1`)
    expect(statesOf(events).filter((state) => state !== 'exists')).toEqual([])
    expect(
      registry.requests.filter(({ method, path }) => method === 'GET' && path.includes('/blobs/')),
    ).toEqual([])
    expect(parseReference(`${registry.host}/app:1`).tag).toBe('1')
  })
})
