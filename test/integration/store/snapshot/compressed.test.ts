import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOf, mediaType, parseDiffId } from '../../../../src/foundation/oci/index.ts'
import { layerWithFile, openRig, type StoreRig } from '../../../suites/snapshotter.ts'
import { withMounted } from '../../../support/mounted.ts'

let temp: string
let rig: StoreRig
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-forms-'))
  rig = openRig(join(temp, 'store'), 'overlay')
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

const gzip4 = { kind: 'gzip', level: 4 } as const

/** A layer that is a tree and nothing else, as RUN leaves it: files, links, a whiteout. */
const treeLayer = async (script = 'true') => {
  const { snapshots } = rig
  const active = await snapshots.prepare([layerWithFile(snapshots, 'gone', 'content')])
  withMounted(active.root, (path) => {
    mkdirSync(join(path, 'd/e'), { recursive: true })
    writeFileSync(join(path, 'd/file'), 'some words')
    linkSync(join(path, 'd/file'), join(path, 'd/linked'))
    symlinkSync('file', join(path, 'd/symlink'))
    rmSync(join(path, 'gone'))
    for (let i = 0; i < 50; i++) writeFileSync(join(path, `d/e/${i}`), `${i}`.repeat(i * 100))
    execFileSync('sh', ['-c', script.replaceAll('>/', `>${path}/`)])
  })
  const id = await active.commit()
  const directory = join(temp, 'store/layers', id)
  return [id, { directory, tree: join(directory, 'tree') }] as const
}

async function* slowly(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 100) {
    await new Promise((resolve) => setImmediate(resolve))
    yield bytes.subarray(at, at + 100)
  }
}

describe('compressed forms', () => {
  it('are made once per way of compressing', async () => {
    const id = layerWithFile(rig.snapshots, 'file', 'content')
    const tar = await rig.snapshots.tarOf(id)
    const made = await rig.snapshots.compressedOf(id, gzip4)
    expect(made.mediaType).toBe(mediaType.layerGzip)
    expect(gunzipSync(readFileSync(made.path)).equals(readFileSync(tar.path))).toBe(true)
    // A second compression would have to read the tar, which is damaged by now.
    rmSync(tar.path)
    writeFileSync(tar.path, Buffer.alloc(tar.size))
    expect(await rig.snapshots.compressedOf(id, gzip4)).toEqual(made)
    expect(rig.snapshots.formsOf(id)).toEqual([
      { mediaType: made.mediaType, digest: made.digest, size: made.size },
    ])
  })
  it('of a tree are made without its tar', async () => {
    const [id] = await treeLayer()
    const { diffId } = await rig.snapshots.describe(id)
    const made = await rig.snapshots.compressedOf(id, gzip4)
    expect(digestOf(gunzipSync(readFileSync(made.path)))).toBe(diffId)
    expect(rig.content.stat(diffId)).toBeUndefined()
    // Level 0 and zstd have other ways to their bytes.
    const stored = await rig.snapshots.compressedOf(id, { kind: 'gzip', level: 0 })
    expect(digestOf(gunzipSync(readFileSync(stored.path)))).toBe(diffId)
  })
  it('of a tree with a large file are made of its tar', async () => {
    const [id] = await treeLayer('head -c 17000000 /dev/zero >/large')
    const { diffId } = await rig.snapshots.describe(id)
    const made = await rig.snapshots.compressedOf(id, gzip4)
    expect(digestOf(gunzipSync(readFileSync(made.path)))).toBe(diffId)
  })
  it('do not depend on the index of a tree, and are never made of another tree', async () => {
    const [id, { directory, tree }] = await treeLayer()
    const { diffId } = await rig.snapshots.describe(id)
    const [other] = await treeLayer('echo other words >/d/file; echo more >/more')
    writeFileSync(join(directory, 'index'), readFileSync(join(directory, '..', other, 'index')))
    const made = await rig.snapshots.compressedOf(id, gzip4)
    expect(digestOf(gunzipSync(readFileSync(made.path)))).toBe(diffId)
    rig.content.remove(made.digest)
    rig.content.remove(diffId)
    writeFileSync(join(tree, 'd/file'), 'changed')
    await expect(rig.snapshots.compressedOf(id, gzip4)).rejects.toMatchObject({ code: 'layer-mismatch' })
    expect(rig.content.stat(made.digest)).toBeUndefined()
  })
  it('are made again when the blob is gone, and never of other bytes', async () => {
    const id = layerWithFile(rig.snapshots, 'file', 'content')
    const { digest, path } = await rig.snapshots.compressedOf(id, gzip4)
    rig.content.remove(digest)
    expect(rig.snapshots.formsOf(id)).toEqual([])
    expect((await rig.snapshots.compressedOf(id, gzip4)).path).toBe(path)
    rig.content.remove(digest)
    const tar = await rig.snapshots.tarOf(id)
    rmSync(tar.path)
    writeFileSync(tar.path, Buffer.alloc(tar.size))
    await expect(rig.snapshots.compressedOf(id, gzip4)).rejects.toMatchObject({ code: 'layer-mismatch' })
  })
  it('count for the layer, and go with it', async () => {
    const id = layerWithFile(rig.snapshots, 'file', 'content'.repeat(100))
    const before = rig.snapshots.usage(id)
    const { digest, size } = await rig.snapshots.compressedOf(id, gzip4)
    expect(rig.snapshots.usage(id)).toBe(before + size)
    const none = new Set<never>()
    await rig.snapshots.pruneUnreferenced({ layersInUse: new Set([id]), blobsInUse: none })
    expect(rig.content.stat(digest)).toBeDefined()
    await rig.snapshots.pruneUnreferenced({ layersInUse: none, blobsInUse: none })
    expect(rig.content.stat(digest)).toBeUndefined()
    expect(rig.snapshots.formsOf(id)).toEqual([])
  })
  it('of other origin are kept too', async () => {
    const id = layerWithFile(rig.snapshots, 'file', 'content')
    const { diffId } = await rig.snapshots.describe(id)
    const tar = readFileSync((await rig.snapshots.tarOf(id)).path)
    for (const level of [1, 9]) {
      const { digest, size } = rig.content.put(gzipSync(Buffer.concat([tar, Buffer.alloc(0)]), { level }))
      await rig.snapshots.addLayer({ mediaType: mediaType.layerGzip, digest, size }, diffId)
    }
    expect(rig.snapshots.formsOf(id)).toHaveLength(2)
    const kept = rig.snapshots.formsOf(id).map((form) => form.digest)
    await rig.snapshots.pruneUnreferenced({ layersInUse: new Set([id]), blobsInUse: new Set() })
    expect(kept.every((digest) => rig.content.stat(digest))).toBe(true)
  })
})

describe('the tar of a compressed layer', () => {
  /** The layer of a program that writes its tars in another way than we do. */
  const foreign = (): Buffer => {
    writeFileSync(join(temp, 'b'), 'b')
    writeFileSync(join(temp, 'a'), 'a')
    return execFileSync('tar', ['-C', temp, '--format=gnu', '-c', 'b', 'a'])
  }
  it('is what came, also when its files are unpacked', async () => {
    const tar = foreign()
    const { digest, size } = rig.content.put(gzipSync(tar))
    const { id, diffId } = await rig.snapshots.addLayer({ mediaType: mediaType.layerGzip, digest, size })
    await rig.snapshots.view([id])
    expect(rig.snapshots.get(id)).toMatchObject({ tree: true, diffId: digestOf(tar) })
    const made = await rig.snapshots.tarOf(id)
    expect(made.digest).toBe(diffId)
    expect(readFileSync(made.path).equals(tar)).toBe(true)
  })
})

describe('a layer that is still coming', () => {
  const other = (): { readonly tar: Buffer; readonly diffId: ReturnType<typeof parseDiffId> } => {
    const elsewhere = openRig(join(temp, 'elsewhere'), 'overlay')
    const id = layerWithFile(elsewhere.snapshots, 'file', 'from afar'.repeat(50))
    const blob = elsewhere.snapshots.get(id)?.blob
    const tar = readFileSync(elsewhere.content.pathOf(parseDiffId(blob?.digest ?? '')))
    return { tar, diffId: parseDiffId(blob?.digest ?? '') }
  }
  it('is read once, and is a layer when its blob has arrived', async () => {
    const { tar, diffId } = other()
    const packed = gzipSync(tar)
    const ingest = rig.content.ingest()
    ingest.write(packed)
    let arrive = (): void => {}
    const arrived = new Promise<void>((resolve) => {
      arrive = () => {
        blob = ingest.commit().digest
        resolve()
      }
    })
    let blob = diffId as string
    const descriptor = {
      mediaType: mediaType.layerGzip,
      digest: parseDiffId(
        `sha256:${(await import('node:crypto')).createHash('sha256').update(packed).digest('hex')}`,
      ),
      size: packed.length,
    }
    const adding = rig.snapshots.addLayerFrom(slowly(packed), descriptor, diffId, arrived)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(rig.snapshots.findByDiffId(diffId)).toBeUndefined()
    arrive()
    expect(await adding).toMatchObject({ diffId, tarSize: tar.length, blob: { digest: blob } })
  })
  it('is refused when it unpacks to something else, or breaks off', async () => {
    const { tar, diffId } = other()
    const wrong = gzipSync(Buffer.concat([tar, Buffer.alloc(512)]))
    const put = (bytes: Buffer) => ({ mediaType: mediaType.layerGzip, ...rig.content.put(bytes) })
    const add = (bytes: Buffer) =>
      rig.snapshots.addLayerFrom(slowly(bytes), put(bytes), diffId, Promise.resolve())
    await expect(add(wrong)).rejects.toMatchObject({ code: 'layer-mismatch' })
    await expect(add(gzipSync(tar).subarray(0, 100))).rejects.toMatchObject({ code: 'bad-layer' })
    expect(rig.snapshots.findByDiffId(diffId)).toBeUndefined()
  })
})
