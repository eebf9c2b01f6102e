import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { canonicalJson, mediaType } from '../../../../src/foundation/oci/index.ts'
import { rawTar } from '../../../support/hostile-tar.ts'
import { scratchStore } from '../../../support/image-store.ts'
import { type FakeRegistry, startFakeRegistry } from '../../../support/registry/fake-registry.ts'
import { pullFrom } from '../../../support/transfer-rig.ts'

/** A registry that lies, and a server beside it that must never hear of us. */
let registry: FakeRegistry
let elsewhere: FakeRegistry
let store: ReturnType<typeof scratchStore>
let moved: (() => void) | undefined
beforeEach(async () => {
  moved = undefined
  elsewhere = await startFakeRegistry()
  registry = await startFakeRegistry({
    fault: (request) => {
      // After the tag has been resolved it leads elsewhere.
      if (request.method === 'GET' && request.url?.includes('/manifests/')) moved?.()
      return false
    },
  })
  store = scratchStore()
})
afterEach(async () => {
  store[Symbol.dispose]()
  await registry[Symbol.asyncDispose]()
  await elsewhere[Symbol.asyncDispose]()
})

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** An image whose only layer has a file with this text. */
const documentsOf = (text: string, layer: object = {}) => {
  const tar = rawTar({ name: 'file', body: text })
  const config = canonicalJson({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [sha256(tar)] },
  })
  const manifest = canonicalJson({
    schemaVersion: 2,
    mediaType: mediaType.manifest,
    config: { mediaType: mediaType.config, digest: registry.addBlob(config), size: config.length },
    layers: [{ mediaType: mediaType.layer, digest: sha256(tar), size: tar.length, ...layer }],
  })
  return { tar, manifest }
}

describe('layers that are said to lie on another server', () => {
  it.each([
    'application/vnd.oci.image.layer.nondistributable.v1.tar',
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    mediaType.layer,
  ])('are not asked for there (%s)', async (type) => {
    const { tar, manifest } = documentsOf('foreign', { mediaType: type, urls: ['to be filled in'] })
    const url = `http://${elsewhere.host}/v2/app/blobs/${elsewhere.addBlob(tar)}`
    registry.addManifest('app', '1', mediaType.manifest, manifest.replace('to be filled in', url))
    await expect(pullFrom(store, `${registry.host}/app:1`)).rejects.toMatchObject({
      code: expect.stringMatching(/blob-not-found|not-found/),
    })
    expect(elsewhere.requests).toEqual([])
    expect(store.images.names()).toEqual([])
    // From the registry itself they are taken.
    registry.addBlob(tar)
    expect((await pullFrom(store, `${registry.host}/app:1`)).image.stack).toHaveLength(1)
    expect(elsewhere.requests).toEqual([])
  })
})

it('a tag that is moved while it is pulled gives one image, the one that it led to first', async () => {
  const first = documentsOf('first')
  const second = documentsOf('second')
  for (const { tar } of [first, second]) registry.addBlob(tar)
  const digest = registry.addManifest('app', '1', mediaType.manifest, first.manifest)
  moved = () => void registry.addManifest('app', '1', mediaType.manifest, second.manifest)
  const pulled = await pullFrom(store, `${registry.host}/app:1`)
  expect(pulled.descriptor.digest).toBe(digest)
  expect(pulled.image.manifest.digest).toBe(digest)
  expect(store.images.names().map(({ manifest }) => manifest.digest)).toEqual([digest])
})
