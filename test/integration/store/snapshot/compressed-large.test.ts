import { createHash } from 'node:crypto'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { applySpecials } from '../../../../src/foundation/native/index.ts'
import { digestOf } from '../../../../src/foundation/oci/index.ts'
import { compressTar, type LayerCompression } from '../../../../src/store/compression/index.ts'
import type { LayerId } from '../../../../src/store/snapshot/index.ts'
import { layerWithFile, openRig, type StoreRig } from '../../../suites/snapshotter.ts'
import { withMounted } from '../../../support/mounted.ts'

let temp: string
let rig: StoreRig
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-large-'))
  rig = openRig(join(temp, 'store'), 'overlay')
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

const gzip4 = { kind: 'gzip', level: 4 } as const

const words = (count: number): string =>
  Array.from({ length: count }, (_, i) => `${(i * 7919) % 10_007} words of line ${i}`).join('\n')

/** A layer of one tar of about `bytes` bytes. */
const tarLayer = (bytes: number): LayerId =>
  layerWithFile(rig.snapshots, 'file', words(bytes / 24).slice(0, bytes))

/** A layer that is a tree and nothing else, of many files; and where the tree is. */
const treeLayer = async (
  files = 400,
  more: (root: string) => void = () => {},
): Promise<readonly [LayerId, string]> => {
  const active = await rig.snapshots.prepare([layerWithFile(rig.snapshots, 'gone', 'content')])
  withMounted(active.root, (path) => {
    mkdirSync(join(path, 'd'))
    for (let i = 0; i < files; i++) writeFileSync(join(path, `d/${i}`), words(i))
    rmSync(join(path, 'gone'))
    more(path)
  })
  const id = await active.commit()
  return [id, join(temp, 'store/layers', id, 'tree')]
}

/** What this process makes of the same tar, block by block. */
const inBlocks = async (id: LayerId, how: LayerCompression): Promise<string> => {
  const hash = createHash('sha256')
  const tar = await rig.snapshots.tarOf(id)
  await compressTar(tar.path, how, (chunk) => void hash.update(chunk))
  return `sha256:${hash.digest('hex')}`
}

const setXattr = (path: string): void => {
  applySpecials('/', [{ op: 'xattr', path: path.slice(1), name: 'user.a', value: Buffer.from('b') }])
}

const nothingBegun = (): void => expect(readdirSync(join(temp, 'store/content/ingest'))).toEqual([])

describe('large layers', () => {
  it.each([1, 4])('have the same bytes as small ones would have (level %i)', async (level) => {
    const how = { kind: 'gzip', level } as const
    for (const id of [tarLayer(5 << 20), (await treeLayer())[0]]) {
      const { diffId } = await rig.snapshots.describe(id)
      const made = await rig.snapshots.compressedOf(id, how)
      const bytes = readFileSync(made.path)
      expect([digestOf(bytes), bytes.length]).toEqual([made.digest, made.size])
      expect(digestOf(gunzipSync(bytes))).toBe(diffId)
      expect(made.digest).toBe(await inBlocks(id, how))
    }
    nothingBegun()
  })
  it('are compressed from the tree, of any size', async () => {
    const [id, tree] = await treeLayer()
    expect(readdirSync(join(tree, 'd'))).toHaveLength(400)
    const { diffId } = await rig.snapshots.describe(id)
    await rig.snapshots.compressedOf(id, gzip4)
    expect(rig.content.stat(diffId)).toBeUndefined()
  })
  it.each<readonly [string, (root: string) => void]>([
    ['hard links', (root) => linkSync(join(root, 'd/1'), join(root, 'd/one'))],
    ['names in other scripts', (root) => writeFileSync(join(root, 'd/größe'), 'x')],
    ['attributes', (root) => setXattr(join(root, 'd/2'))],
    ['a changed root', (root) => chmodSync(root, 0o701)],
  ])('are compressed from trees with %s', async (_, more) => {
    const [id] = await treeLayer(400, more)
    const { diffId } = await rig.snapshots.describe(id)
    const made = await rig.snapshots.compressedOf(id, gzip4)
    expect(rig.content.stat(diffId)).toBeUndefined()
    expect(digestOf(gunzipSync(readFileSync(made.path)))).toBe(diffId)
    expect(made.digest).toBe(await inBlocks(id, gzip4))
    nothingBegun()
  })
  it('several at once are done, each by itself', async () => {
    const ids = [5, 6].map((size) => tarLayer(size << 20))
    const made = await Promise.all(ids.map((id) => rig.snapshots.compressedOf(id, gzip4)))
    for (const [i, id] of ids.entries()) expect(made[i]?.digest).toBe(await inBlocks(id, gzip4))
  })
  it.each([
    ['shorter', (file: string) => truncateSync(file, 10)],
    ['gone', (file: string) => rmSync(file)],
    [
      'another kind',
      (file: string) => {
        rmSync(file)
        mkdirSync(file)
      },
    ],
  ])('of a tree in which a file is %s are none', async (_, change) => {
    const [id, tree] = await treeLayer()
    await rig.snapshots.describe(id)
    change(join(tree, 'd/200'))
    await expect(rig.snapshots.compressedOf(id, gzip4)).rejects.toMatchObject({ code: 'layer-mismatch' })
    nothingBegun()
  })
  it('of a damaged tar are none', async () => {
    const id = tarLayer(5 << 20)
    const { path, size } = await rig.snapshots.tarOf(id)
    rmSync(path)
    writeFileSync(path, Buffer.alloc(size))
    await expect(rig.snapshots.compressedOf(id, gzip4)).rejects.toMatchObject({ code: 'layer-mismatch' })
    expect(rig.snapshots.formsOf(id)).toEqual([])
    nothingBegun()
  })
  it('end when they are told to, and leave the way to others', async () => {
    const stop = new AbortController()
    const [tree] = await treeLayer()
    await rig.snapshots.describe(tree)
    const all = [tarLayer(10 << 20), tarLayer(5 << 20), tree].map((id) =>
      rig.snapshots.compressedOf(id, gzip4, stop.signal),
    )
    setImmediate(() => stop.abort(new Error('enough')))
    for (const result of await Promise.allSettled(all))
      expect(result).toMatchObject({ status: 'rejected', reason: { message: 'enough' } })
    nothingBegun()
    expect((await rig.snapshots.compressedOf(tarLayer(5 << 20), gzip4)).size).toBeGreaterThan(0)
  })
})
