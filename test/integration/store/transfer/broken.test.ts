import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nativeBinary } from '../../../../src/foundation/native/index.ts'
import { canonicalJson, mediaType } from '../../../../src/foundation/oci/index.ts'
import { richImage, scratchStore } from '../../../support/image-store.ts'
import { makeProgram, type Program } from '../../../support/program.ts'
import { type FakeRegistry, startFakeRegistry } from '../../../support/registry/fake-registry.ts'
import { pullFrom, pushTo } from '../../../support/transfer-rig.ts'

let registry: FakeRegistry
let store: ReturnType<typeof scratchStore>
beforeEach(async () => {
  registry = await startFakeRegistry()
  store = scratchStore()
})
afterEach(async () => {
  store[Symbol.dispose]()
  await registry[Symbol.asyncDispose]()
})

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** A tar with one file of noise. */
const noiseTar = (size: number): Buffer => {
  const header = Buffer.alloc(512)
  header.write('noise', 0)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write('0ustar\0', 156)
  header.write('ustar\u000000', 257, 'latin1')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, randomBytes(size), Buffer.alloc(((512 - (size % 512)) % 512) + 1024)])
}

/** Puts an image of one layer on the registry; the digest of its blob. */
const offer = (
  blob: Buffer,
  diffId: string,
  over: { readonly size?: number; readonly config?: string } = {},
): string => {
  const config = canonicalJson({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [diffId] },
  })
  const digest = registry.addBlob(blob)
  const manifest = canonicalJson({
    schemaVersion: 2,
    mediaType: mediaType.manifest,
    config: {
      mediaType: over.config ?? mediaType.config,
      digest: registry.addBlob(config),
      size: Buffer.byteLength(config),
    },
    layers: [{ mediaType: mediaType.layer, digest, size: over.size ?? blob.length }],
  })
  registry.addManifest('app', '1', mediaType.manifest, manifest)
  return digest
}
const name = (): string => `${registry.host}/app:1`
const blobGets = () =>
  registry.requests.filter(({ method, path }) => method === 'GET' && path.includes('/blobs/'))
const partials = (): readonly string[] => {
  const directory = join(store.root, 'content/partial')
  return existsSync(directory) ? readdirSync(directory) : []
}

describe('a pull refuses', () => {
  it('a layer with other bytes, and keeps nothing of it', async () => {
    const tar = noiseTar(5000)
    const digest = offer(tar, sha256(tar))
    registry.blobs.set(digest, Buffer.from(tar).fill(7, 600, 700))
    await expect(pullFrom(store, name())).rejects.toMatchObject({ code: 'digest-mismatch' })
    expect(partials()).toEqual([])
    expect(store.images.names()).toEqual([])
    expect([...store.snapshots.list()]).toEqual([])
    registry.blobs.set(digest, tar)
    expect((await pullFrom(store, name())).image.stack).toHaveLength(1)
  })
  it('a layer that unpacks to something else than the config says', async () => {
    const tar = noiseTar(5000)
    offer(gzipSync(tar), sha256(Buffer.from('other')))
    await expect(pullFrom(store, name())).rejects.toMatchObject({ code: 'layer-mismatch' })
    expect(store.images.list()).toEqual([])
  })
  it('a layer that is shorter or longer than the manifest says', async () => {
    const tar = noiseTar(5000)
    for (const size of [tar.length + 1, tar.length - 1]) {
      offer(tar, sha256(tar), { size })
      await expect(pullFrom(store, name())).rejects.toThrow(/size|digest|bytes/)
      expect(store.images.list()).toEqual([])
    }
  })
  it('what is no image', async () => {
    const tar = noiseTar(10)
    offer(tar, sha256(tar), { config: 'application/vnd.cncf.helm.config.v1+json' })
    await expect(pullFrom(store, name())).rejects.toMatchObject({ code: 'not-an-image' })
  })
  it('a tag that is not there, and a platform that is not offered', async () => {
    await expect(pullFrom(store, name())).rejects.toMatchObject({ code: 'image-not-found', exitCode: 1 })
    using other = scratchStore()
    const image = await richImage(other)
    const { descriptor } = await pushTo(other, name(), image)
    const manifests = [{ ...descriptor, platform: { os: 'linux', architecture: 's390x' } }]
    const index = canonicalJson({ schemaVersion: 2, mediaType: mediaType.index, manifests })
    registry.addManifest('app', 'many', mediaType.index, index)
    await expect(pullFrom(store, `${registry.host}/app:many`)).rejects.toMatchObject({
      code: 'no-such-platform',
      hint: expect.stringContaining('linux/s390x'),
    })
    const chosen = await pullFrom(store, `${registry.host}/app:many`, {
      platform: { os: 'linux', architecture: 's390x' },
    })
    expect(chosen.image.id).toBe(image.id)
    expect(store.images.resolveIndex(`${registry.host}/app:many`)?.descriptor.digest).toBe(
      chosen.descriptor.digest,
    )
  })
})

describe('a large layer', () => {
  const size = 40 * 1024 * 1024
  it('comes in several ranges', async () => {
    const tar = noiseTar(size)
    offer(tar, sha256(tar))
    const { image } = await pullFrom(store, name())
    expect(image.stack).toHaveLength(1)
    expect(blobGets().filter(({ headers }) => headers.range !== undefined).length).toBeGreaterThan(1)
    expect(partials()).toEqual([])
  })
  it('is fetched once whole when its parts do not fit', async () => {
    const tar = noiseTar(size)
    const digest = offer(tar, sha256(tar))
    const wrong = Buffer.from(tar).fill(1, 20_000_000, 20_000_100)
    registry.fault = (request) => {
      // Only who asks for a part gets wrong bytes.
      if (request.url?.includes(digest))
        registry.blobs.set(digest, /bytes=[1-9]/.test(request.headers.range ?? '') ? wrong : tar)
      return false
    }
    expect((await pullFrom(store, name())).image.stack).toHaveLength(1)
  })
})

describe('processes', () => {
  const source = `
    import { openStore } from './src/engine/store.ts'
    import { useNativeBinary } from './src/foundation/native/index.ts'
    import { pullFrom } from './test/support/transfer-rig.ts'
    const [native, root, name] = process.argv.slice(2)
    useNativeBinary(native)
    const { image, events } = await pullFrom(openStore({ root }), name)
    console.log(image.id, events.filter((e) => e.kind === 'layer').map((e) => e.state).join())
  `
  let program: Program
  beforeEach(() => {
    program = makeProgram(source)
  })
  afterEach(() => program[Symbol.dispose]())

  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
  }

  it('that were killed leave what they had to the next', async () => {
    const tar = noiseTar(6 * 1024 * 1024)
    const digest = offer(tar, sha256(tar))
    const half = 4 * 1024 * 1024
    let hung = false
    registry.fault = (request, response) => {
      if (hung || request.method !== 'GET' || !request.url?.includes(digest)) return false
      hung = true
      response.writeHead(200, { 'Content-Length': tar.length })
      response.write(tar.subarray(0, half))
      return true
    }
    const child = program.start([nativeBinary(), store.root, name()])
    const journal = join(store.root, 'content/partial', `${digest.slice(7)}.done`)
    const ended = new Promise((resolve) => child.once('exit', resolve))
    await until(() => hung && existsSync(journal))
    child.kill('SIGKILL')
    await ended
    expect(partials()).toContain(digest.slice(7))
    const output = await program.run([nativeBinary(), store.root, name()])
    expect(output).toContain('resumed')
    const range = blobGets().at(-1)?.headers.range
    expect(Number(/bytes=(\d+)-/.exec(range ?? '')?.[1])).toBeGreaterThan(0)
    expect(partials()).toEqual([])
  })
  it('that pull the same at once fetch it once', async () => {
    const tar = noiseTar(3 * 1024 * 1024)
    const digest = offer(tar, sha256(tar))
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    registry.fault = async (request) => {
      if (request.method === 'GET' && request.url?.includes(digest)) await held
      return false
    }
    const runs = Promise.all([1, 2, 3].map(() => program.run([nativeBinary(), store.root, name()])))
    const ofLayer = () => blobGets().filter(({ path }) => path.includes(digest)).length
    // All have the manifest, so whoever does not fetch waits.
    const manifests = () =>
      registry.requests.filter(({ method, path }) => method === 'GET' && path.includes('/manifests/')).length
    await until(() => ofLayer() > 0 && manifests() >= 3)
    release()
    const ids = new Set((await runs).map((line) => line.split(' ')[0]))
    expect(ids.size).toBe(1)
    expect(ofLayer()).toBe(1)
  })
  it('leave partial downloads to a prune', async () => {
    const tar = noiseTar(2 * 1024 * 1024)
    const digest = offer(tar, sha256(tar))
    registry.fault = (request, response) => {
      if (request.method !== 'GET' || !request.url?.includes(digest)) return false
      response.writeHead(404)
      response.end()
      return true
    }
    await expect(pullFrom(store, name())).rejects.toThrow()
    expect(partials()).not.toEqual([])
    await store.snapshots.pruneUnreferenced({ layersInUse: new Set(), blobsInUse: new Set() })
    expect(partials()).toEqual([])
  })
})
