import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { canonicalJson, mediaType } from '../../../../src/foundation/oci/index.ts'
import { validateImage } from '../../../../src/store/image/index.ts'
import { rawMember } from '../../../support/hostile-tar.ts'
import { scratchStore } from '../../../support/image-store.ts'
import { withMounted } from '../../../support/mounted.ts'
import { type FakeRegistry, startFakeRegistry } from '../../../support/registry/fake-registry.ts'
import { pullFrom, pushTo } from '../../../support/transfer-rig.ts'

// Layers in forms that were made for mounting before they are there (estargz, zstd:chunked), and those that were to stay on the server
// of whoever made them (Debian's registry takes no manifests that name other servers). To us they are compressed tars; what else is in them goes out again to the byte.

let origin: FakeRegistry
let other: FakeRegistry
let store: ReturnType<typeof scratchStore>
beforeEach(async () => {
  origin = await startFakeRegistry()
  other = await startFakeRegistry()
  store = scratchStore()
})
afterEach(async () => {
  store[Symbol.dispose]()
  await origin[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
})

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

const big = Buffer.from('0123456789abcdef'.repeat(6000))
const members = [
  rawMember({ name: 'etc/', type: '5', mode: 0o755 }),
  rawMember({ name: 'etc/hello', body: 'hello\n' }),
  rawMember({ name: 'big', body: big, mode: 0o600, uid: 7 }),
]
const end = Buffer.alloc(1024)

interface Layer {
  readonly tar: Buffer
  readonly blob: Buffer
  readonly type: string
  readonly annotations?: object
  readonly urls?: readonly string[]
}

/** containerd/stargz-snapshotter, docs/estargz.md: a gzip member for each file, the table of contents as a last one, and a footer. */
const estargz = (): Layer => {
  const toc = rawMember({ name: 'stargz.index.json', body: '{"version":1,"entries":[]}' })
  const parts = [...members, toc]
  const before = parts.slice(0, -1).reduce((sum, part) => sum + gzipSync(part).length, 0)
  const field = Buffer.from(`${before.toString(16).padStart(16, '0')}STARGZ`)
  const subfield = Buffer.concat([Buffer.from('SG'), Buffer.from([field.length, 0]), field])
  const footer = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, subfield.length, 0]),
    subfield,
    // An empty stored block, and CRC and size of nothing.
    Buffer.from([1, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0]),
  ])
  const tocAndEnd = gzipSync(Buffer.concat([toc, end]))
  return {
    tar: Buffer.concat([...parts, end]),
    blob: Buffer.concat([...members.map((part) => gzipSync(part)), tocAndEnd, footer]),
    type: mediaType.layerGzip,
    annotations: { 'containerd.io/snapshot/stargz/toc.digest': sha256(toc) },
  }
}

/** RFC 8878: one frame of raw blocks, whose size is known. */
const zstdFrame = (bytes: Buffer): Buffer => {
  const header = Buffer.alloc(9)
  header.writeUInt32LE(0xfd2fb528, 0)
  header.writeUInt8(0xa0, 4)
  header.writeUInt32LE(bytes.length, 5)
  const blocks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += 1 << 17) {
    const block = bytes.subarray(at, at + (1 << 17))
    const head = Buffer.alloc(3)
    head.writeUIntLE((block.length << 3) | (at + block.length === bytes.length ? 1 : 0), 0, 3)
    blocks.push(head, block)
  }
  return Buffer.concat([header, ...blocks])
}

const skippable = (bytes: Buffer): Buffer => {
  const header = Buffer.alloc(8)
  header.writeUInt32LE(0x184d2a50, 0)
  header.writeUInt32LE(bytes.length, 4)
  return Buffer.concat([header, bytes])
}

/** containers/storage, docs/containers-storage-zstd-chunked.md: a frame for each piece; table, tar-split and footer in skippable frames. */
const zstdChunked = (): Layer => {
  const pieces = [...members, end]
  const table = zstdFrame(Buffer.from('{"version":1,"entries":[]}'))
  return {
    tar: Buffer.concat(pieces),
    blob: Buffer.concat([
      ...pieces.map(zstdFrame),
      skippable(table),
      skippable(table),
      skippable(Buffer.alloc(64, 7)),
    ]),
    type: mediaType.layerZstd,
    annotations: { 'io.github.containers.zstd-chunked.manifest-checksum': sha256(table) },
  }
}

const foreign = (type: string): Layer => {
  const tar = Buffer.concat([...members, end])
  return { tar, blob: gzipSync(tar), type, urls: ['https://registry.example/layer'] }
}

/** Puts the image into the registry; its digest. */
const offer = ({ tar, blob, type, annotations, urls }: Layer): string => {
  const config = canonicalJson({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [sha256(tar)] },
  })
  const layer = { mediaType: type, digest: origin.addBlob(blob), size: blob.length, annotations, urls }
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaType.manifest,
    config: { mediaType: mediaType.config, digest: origin.addBlob(config), size: config.length },
    layers: [Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined))],
  }
  // Not as we would write it.
  return origin.addManifest('app', '1', mediaType.manifest, JSON.stringify(manifest, undefined, 3))
}

describe('an image is pulled, unpacked and pushed again under the same digest', () => {
  it.each([
    ['estargz', estargz()],
    ['zstd:chunked', zstdChunked()],
    ['foreign (OCI)', foreign('application/vnd.oci.image.layer.nondistributable.v1.tar+gzip')],
    ['foreign (docker)', foreign('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip')],
  ])('%s', async (_, layer) => {
    const digest = offer(layer)
    const { image, descriptor } = await pullFrom(store, `${origin.host}/app:1`)
    expect(descriptor.digest).toBe(digest)
    expect(await validateImage(image, store)).toEqual([])
    withMounted(await store.snapshots.view(image.stack), (root) => {
      const read = `cat ${root}/etc/hello; stat -c '%a %u %s' ${root}/big; sha256sum < ${root}/big`
      const sum = createHash('sha256').update(big).digest('hex')
      expect(execFileSync('sh', ['-c', read], { encoding: 'utf8' })).toBe(
        `hello\n600 7 ${big.length}\n${sum}  -\n`,
      )
    })
    const pushed = await pushTo(store, `${other.host}/app:1`, image)
    expect(pushed.descriptor.digest).toBe(digest)
    using third = scratchStore()
    expect((await pullFrom(third, `${other.host}/app:1`)).descriptor.digest).toBe(digest)
  })
})
