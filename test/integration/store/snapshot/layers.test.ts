import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Descriptor, digestOf, mediaType, parseDiffId } from '../../../../src/foundation/oci/index.ts'
import { bootId } from '../../../../src/foundation/sys/index.ts'
import type { LayerId } from '../../../../src/store/snapshot/index.ts'
import { busyboxLayer, layerWithFile, openRig, runStep, type StoreRig } from '../../../suites/snapshotter.ts'
import { listDirectory, listTree } from '../../../support/listing.ts'
import { runInRoot, withMounted } from '../../../support/mounted.ts'

let temp: string
let rig: StoreRig
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-layers-'))
  rig = openRig(join(temp, 'store'), 'overlay')
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

/** A tar made by GNU tar from what `script` puts into an empty directory. */
const foreignTar = (script: string, members = '.'): Buffer => {
  const directory = mkdtempSync(join(temp, 'tree-'))
  execFileSync('sh', ['-euc', script], { cwd: directory })
  return execFileSync('sh', ['-euc', `tar -c --numeric-owner ${members}`], { cwd: directory })
}
const putBlob = (bytes: Uint8Array, type: string = mediaType.layer): Descriptor => ({
  mediaType: type,
  ...rig.content.put(bytes),
})
const addTar = async (bytes: Uint8Array): Promise<LayerId> =>
  (await rig.snapshots.addLayer(putBlob(bytes))).id
const layerDirectory = (id: LayerId): string => join(rig.root, 'layers', id)

describe('layers from blobs', () => {
  const tar = (): Buffer => foreignTar('mkdir d; echo hello > d/a; ln d/a d/b; ln -s a d/l')

  it('takes an uncompressed tar as it is and unpacks nothing', async () => {
    const bytes = tar()
    const layer = await rig.snapshots.addLayer(putBlob(bytes), parseDiffId(digestOf(bytes)))
    expect(layer).toMatchObject({ tree: false, diffId: digestOf(bytes), tarSize: bytes.length })
    const tree = rig.snapshots.union([layer.id])
    expect(tree.children('d').map((entry) => entry.path)).toEqual(['d/a', 'd/b', 'd/l'])
    expect(existsSync(join(layerDirectory(layer.id), 'tree'))).toBe(false)
    expect((await rig.snapshots.tarOf(layer.id)).digest).toBe(digestOf(bytes))
  })
  it('keeps a compressed blob, and gives either form', async () => {
    const bytes = tar()
    const blob = putBlob(gzipSync(bytes), mediaType.layerGzip)
    const { id } = await rig.snapshots.addLayer(blob, parseDiffId(digestOf(bytes)))
    expect(rig.snapshots.get(id)).toMatchObject({ blob, tree: false })
    expect(await rig.snapshots.tarOf(id, { keepCompressed: true })).toMatchObject(blob)
    expect(rig.content.stat(digestOf(bytes))).toBeUndefined()
    expect(await rig.snapshots.tarOf(id)).toMatchObject({ digest: digestOf(bytes), size: bytes.length })
    expect(await rig.snapshots.tarOf(id, { keepCompressed: true })).toMatchObject(blob)
  })
  it('reads files of a compressed layer before anything was unpacked', async () => {
    const bytes = tar()
    const { id } = await rig.snapshots.addLayer(putBlob(gzipSync(bytes)))
    const tree = rig.snapshots.union([id])
    for (const path of ['d/a', 'd/b', 'd/l']) {
      const entry = tree.lookup(path, { follow: true })
      expect(entry && tree.contentDigest(entry)).toBe(digestOf('hello\n').slice(7))
    }
    expect(withMounted(await rig.snapshots.view([id]), listDirectory)).toEqual(listTree(tree))
  })
  it('unpacks a compressed layer straight into its tree', async () => {
    const { id } = await rig.snapshots.addLayer(putBlob(gzipSync(tar())))
    expect(withMounted(await rig.snapshots.view([id]), listDirectory)).toHaveLength(5)
    expect([...rig.content.list()]).toHaveLength(1)
  })
  it.each([false, true])('refuses a tar of another DiffId (compressed: %s)', async (compressed) => {
    const bytes = tar()
    const blob = putBlob(compressed ? gzipSync(bytes) : bytes)
    await expect(rig.snapshots.addLayer(blob, parseDiffId(digestOf('other')))).rejects.toMatchObject({
      code: 'layer-mismatch',
    })
    expect([...rig.snapshots.list()]).toEqual([])
  })
  it('refuses a blob that is not there, or of another size', async () => {
    const blob = putBlob(tar())
    await expect(rig.snapshots.addLayer({ ...blob, size: 1 })).rejects.toMatchObject({
      code: 'size-mismatch',
    })
    rig.content.remove(blob.digest)
    await expect(rig.snapshots.addLayer(blob)).rejects.toMatchObject({ code: 'blob-not-found' })
  })
  it('refuses what is no tar, and leaves nothing behind', async () => {
    await expect(rig.snapshots.addLayer(putBlob(Buffer.alloc(2048, 'x')))).rejects.toMatchObject({
      code: 'bad-layer',
    })
    await expect(rig.snapshots.addLayer(putBlob(gzipSync(Buffer.alloc(2048, 'x'))))).rejects.toMatchObject({
      code: 'bad-layer',
    })
    await expect(rig.snapshots.addLayer(putBlob(gzipSync(tar()).subarray(0, 60)))).rejects.toMatchObject({
      code: 'bad-layer',
    })
    expect([...rig.snapshots.list()]).toEqual([])
    expect(readdirSync(join(rig.root, 'active'))).toEqual([])
  })
  it('takes the same bytes once, and learns of a compressed form later', async () => {
    const bytes = tar()
    const first = await rig.snapshots.addLayer(putBlob(bytes))
    const second = await rig.snapshots.addLayer(putBlob(gzipSync(bytes), mediaType.layerGzip))
    expect(second.id).toBe(first.id)
    expect((await rig.snapshots.tarOf(first.id, { keepCompressed: true })).mediaType).toBe(
      mediaType.layerGzip,
    )
    expect([...rig.snapshots.list()]).toHaveLength(1)
  })
  it('finds a committed tree by its DiffId when its tar comes back', async () => {
    const base = await busyboxLayer(rig.snapshots)
    const { diffId } = await rig.snapshots.describe(base)
    expect(rig.snapshots.findByDiffId(diffId)?.id).toBe(base)
    const tarBlob = await rig.snapshots.tarOf(base)
    expect((await rig.snapshots.addLayer(tarBlob, diffId)).id).toBe(base)
  })
  it('finds another layer with the same bytes when the one that was found is pruned', async () => {
    const made = async (): Promise<LayerId> => {
      const active = await rig.snapshots.prepare([])
      withMounted(active.root, (path) => {
        writeFileSync(join(path, 'file'), 'text')
        utimesSync(join(path, 'file'), 5, 5)
      })
      return active.commit()
    }
    const [first, second] = [await made(), await made()]
    const { diffId } = await rig.snapshots.describe(first)
    expect((await rig.snapshots.describe(second)).diffId).toBe(diffId)
    expect(rig.snapshots.findByDiffId(diffId)?.id).toBe(first)
    await rig.snapshots.pruneUnreferenced({ layersInUse: new Set([second]), blobsInUse: new Set() })
    expect(rig.snapshots.get(first)).toBeUndefined()
    expect(rig.snapshots.findByDiffId(diffId)?.id).toBe(second)
  })
  it('decompresses a layer once for all who ask at the same time', async () => {
    const { id } = await rig.snapshots.addLayer(putBlob(gzipSync(tar())))
    const [a, b] = await Promise.all([rig.snapshots.tarOf(id), rig.snapshots.tarOf(id)])
    expect(a).toEqual(b)
    expect(await rig.snapshots.describe(id)).toEqual({ diffId: a.digest, tarSize: a.size })
  })
})

describe('layers that do not list the directories above their files', () => {
  it('leave those as lower layers describe them, in a mount and in the merged view', async () => {
    const base = await busyboxLayer(rig.snapshots)
    const setUp = 'chmod 1777 /tmp; mkdir -p /a/b; chown 5:6 /a; chmod 2711 /a/b; touch -t 200001010000 /a/b'
    const stack = await runStep(rig.snapshots, [base], setUp)
    const bare = await addTar(
      foreignTar('mkdir -p tmp a/b n/m; echo > tmp/f; echo > a/b/f; echo > n/m/f', 'tmp/f a/b/f n/m/f'),
    )
    const all = [...stack, bare]
    const expected = listTree(rig.snapshots.union(all))
    expect(expected.join('\n')).toMatch(/\/tmp \| directory \| 1777/)
    expect(withMounted(await rig.snapshots.view(all), listDirectory)).toEqual(expected)
    const next = await runStep(
      rig.snapshots,
      all,
      'test "$(stat -c %a /tmp /a/b /n/m | tr "\\n" " ")" = "1777 2711 755 "',
    )
    expect(withMounted(await rig.snapshots.view(next), listDirectory)).toEqual(expected)
    expect(listTree(rig.snapshots.union(next))).toEqual(expected)
  })
})

describe('a layer with an opaque root', () => {
  it('hides all that is below it, in a mount and in the merged view', async () => {
    const low = await addTar(foreignTar('mkdir d; echo low > d/low; echo low > f'))
    const opaque = await addTar(foreignTar('touch .wh..wh..opq; mkdir d; echo new > d/new', '.wh..wh..opq d'))
    const stack = [low, opaque, layerWithFile(rig.snapshots, 'g', 'g')]
    const seen = withMounted(await rig.snapshots.view(stack), listDirectory)
    expect(seen.map((line) => line.split(' ')[0])).toEqual(['/', '/d', '/d/new', '/g'])
    expect(listTree(rig.snapshots.union(stack))).toEqual(seen)
  })
})

describe('hostile layers', () => {
  it('cannot write or delete through a symlink of a lower layer', async () => {
    const victim = mkdtempSync(join(temp, 'victim-'))
    writeFileSync(join(victim, 'secret'), 'safe')
    const link = await addTar(foreignTar(`ln -s ${victim} out`))
    const writes = await addTar(foreignTar('mkdir out; echo owned > out/new', 'out/new'))
    const deletes = await addTar(
      foreignTar('mkdir out; touch out/.wh.secret out/.wh..wh..opq', 'out/.wh.secret out/.wh..wh..opq'),
    )
    const stack = [await busyboxLayer(rig.snapshots), link, writes, deletes]
    withMounted(await rig.snapshots.view(stack), () => undefined)
    const copy = openRig(rig.root, 'copy')
    withMounted(await copy.snapshots.view(stack), () => undefined)
    expect(readdirSync(victim)).toEqual(['secret'])
    const found = rig.snapshots.union([link]).lookup('out/secret')
    expect(found).toBeUndefined()
  })
  it('do not make the store wait for a FIFO or read a device', async () => {
    const id = await addTar(foreignTar('mkfifo passwd; mknod dev c 1 5'))
    await rig.snapshots.view([id])
    const tree = rig.snapshots.union([id])
    for (const path of ['passwd', 'dev']) {
      const entry = tree.lookup(path)
      expect(() => entry && tree.contentDigest(entry)).toThrowError(
        expect.objectContaining({ code: 'not-a-file' }),
      )
    }
  })
  it('notice when a file of a tree was exchanged for a FIFO or a symlink', async () => {
    const id = layerWithFile(rig.snapshots, 'f', 'text')
    await rig.snapshots.view([id])
    const path = join(layerDirectory(id), 'tree/f')
    for (const command of [`rm ${path}; mkfifo ${path}`, `rm ${path}; ln -s /etc/passwd ${path}`]) {
      execFileSync('sh', ['-euc', command])
      const tree = openRig(rig.root, 'overlay').snapshots.union([id])
      const entry = tree.lookup('f')
      expect(() => entry && tree.contentDigest(entry)).toThrow()
    }
  })
})

describe('damage', () => {
  it('makes a missing or damaged index again', async () => {
    const base = await busyboxLayer(rig.snapshots)
    const file = layerWithFile(rig.snapshots, 'f', 'x')
    const expected = listTree(rig.snapshots.union([base, file]))
    for (const id of [base, file]) {
      for (const damage of [(path: string) => truncateSync(path, 20), (path: string) => rmSync(path)]) {
        damage(join(layerDirectory(id), 'index'))
        expect(listTree(openRig(rig.root, 'overlay').snapshots.union([base, file]))).toEqual(expected)
      }
    }
  })
  it('skips torn lines of remembered digests', async () => {
    const base = await busyboxLayer(rig.snapshots)
    const expected = listTree(rig.snapshots.union([base]))
    await new Promise((done) => setImmediate(done))
    const memo = join(layerDirectory(base), 'digests')
    expect(existsSync(memo)).toBe(true)
    truncateSync(memo, 100)
    writeFileSync(memo, `${'0'.repeat(64)} "torn`, { flag: 'a' })
    expect(listTree(openRig(rig.root, 'overlay').snapshots.union([base]))).toEqual(expected)
  })
  it('drops forms that were volatile when the machine went down, and keeps the rest', async () => {
    const base = await busyboxLayer(rig.snapshots)
    const file = layerWithFile(rig.snapshots, 'f', 'x')
    expect(rig.snapshots.get(base)).toHaveProperty('volatileBoot')
    await rig.snapshots.sync()
    expect(rig.snapshots.get(base)).not.toHaveProperty('volatileBoot')
    // After the sync: a tree of a layer whose tar is safe, a tar of a layer whose tree is safe, and a new layer.
    await rig.snapshots.view([file])
    await rig.snapshots.tarOf(base)
    const lost = layerWithFile(rig.snapshots, 'lost', 'y')
    execFileSync('mv', [join(rig.root, 'volatile', bootId()), join(rig.root, 'volatile', 'an-older-boot')])
    const { snapshots } = openRig(rig.root, 'overlay')
    expect(snapshots.get(lost)).toBeUndefined()
    expect(snapshots.get(file)).toMatchObject({ tree: false, blob: {} })
    expect(snapshots.get(base)).toMatchObject({ tree: true })
    expect(snapshots.get(base)).not.toHaveProperty('blob')
    withMounted(await snapshots.view([base, file]), (path) => runInRoot(path, 'grep -q x /f'))
  })
  it('says when a tree no longer makes the tar that images name', async () => {
    const base = await busyboxLayer(rig.snapshots)
    await rig.snapshots.describe(base)
    mkdirSync(join(layerDirectory(base), 'tree/intruder'))
    await expect(rig.snapshots.tarOf(base)).rejects.toMatchObject({ code: 'layer-mismatch' })
  })
})
