import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { verifyStore } from '../../../../src/engine/fsck/verify-store.ts'
import { collectCache } from '../../../../src/engine/gc/collect.ts'
import { storeDetails } from '../../../../src/engine/gc/details.ts'
import { storeSize } from '../../../../src/engine/gc/measure.ts'
import type { Store } from '../../../../src/engine/store.ts'
import { mediaType, parseReference } from '../../../../src/foundation/oci/index.ts'
import { defaultCompression } from '../../../../src/store/compression/index.ts'
import { createRecordTable } from '../../../../src/store/records/index.ts'
import type { LayerId } from '../../../../src/store/snapshot/index.ts'
import { parseLayerId, parseStoredLayer } from '../../../../src/store/snapshot/layer-record.ts'
import { directory, entry, scratchStore } from '../../../support/image-store.ts'

const size = 300 * 1024
const now = Date.now()
const config = { architecture: 'amd64', os: 'linux' } as const

const ownLayer = (store: Store, name: string): LayerId =>
  store.snapshots.writeLayer((writer) => {
    writer.add(directory(''))
    writer.add(entry(name, { size }), { kind: 'bytes', bytes: Buffer.alloc(size, name) })
  })

/** As another program writes it: with names and an order that ours does not have. */
const foreignLayer = async (
  store: Store & { readonly directory: string },
  name: string,
): Promise<LayerId> => {
  const files = join(store.directory, 'files')
  mkdirSync(files)
  writeFileSync(join(files, name), Buffer.alloc(size, name))
  utimesSync(join(files, name), 1, 1)
  const tar = execFileSync('tar', ['-C', files, '--format=gnu', '--owner=someone:7', '-c', './'])
  const blob = store.content.put(tar)
  return (await store.snapshots.addLayer({ mediaType: mediaType.layer, ...blob })).id
}

/** An image under a name, whose layers have a tree beside their tars, all on the disk. */
const named = async (store: Store, stack: readonly LayerId[]): Promise<void> => {
  const image = await store.images.create(config, stack, { sync: false })
  await store.snapshots.view(image.stack)
  await store.snapshots.sync()
  store.images.tag(parseReference('app'), image)
}

const formsIn = (store: Store, layer: LayerId): readonly string[] => [
  ...(store.snapshots.get(layer)?.tree ? ['tree'] : []),
  ...[store.snapshots.get(layer)?.diffId].flatMap((id) => (id && store.content.stat(id) ? ['tar'] : [])),
  ...store.snapshots.formsOf(layer).map(() => 'compressed'),
]

const overBy = (store: Store, bytes: number) =>
  collectCache(store, { limits: { maxUsed: storeSize(store.root) - bytes }, now })

it('drops forms of which a layer has another, before what took long to make, and makes them again', async () => {
  using store = scratchStore()
  const layer = ownLayer(store, 'file')
  await named(store, [layer])
  const slow = ownLayer(store, 'slow')
  store.steps.put('slow', {
    name: 'slow',
    components: [],
    layers: [slow],
    milliseconds: 60_000,
    created: now,
  })
  await store.snapshots.sync()
  const { cache } = await storeDetails(store)
  expect(cache.map(({ kind, description }) => `${kind}: ${description}`)).toEqual(
    expect.arrayContaining([expect.stringMatching(new RegExp(`^form: tree of layer ${layer}`))]),
  )

  const { dropped } = await overBy(store, size / 2)
  expect(dropped.map(({ name }) => name)).toEqual([`tar of layer ${layer}`])
  expect(formsIn(store, layer)).toEqual(['tree'])
  expect(formsIn(store, slow)).toEqual(['tar'])
  expect((await verifyStore(store)).damaged).toBe(0)
  const { path } = await store.snapshots.tarOf(layer)
  expect(readFileSync(path).length).toBeGreaterThan(size)
})

it('keeps a tar that cannot be made of its files again, and drops the tree', async () => {
  using store = scratchStore()
  const layer = await foreignLayer(store, 'file')
  await named(store, [layer])
  const { dropped } = await overBy(store, size / 2)
  expect(dropped.map(({ name }) => name)).toEqual([`tree of layer ${layer}`])
  expect(formsIn(store, layer)).toEqual(['tar'])
  expect((await verifyStore(store)).damaged).toBe(0)
  const found = store.snapshots.union([layer]).lookup('file')
  expect(found).toMatchObject({ type: 'file', size })
})

it('drops compressed blobs that this store made, and never the last form', async () => {
  using store = scratchStore()
  const layer = ownLayer(store, 'file')
  await named(store, [layer])
  await store.snapshots.compressedOf(layer, defaultCompression)
  await store.snapshots.sync()
  await collectCache(store, { limits: { maxUsed: 0 }, now })
  expect(formsIn(store, layer)).toEqual(['tree'])
  expect(store.images.resolve('app')).toBeDefined()
  expect((await verifyStore(store)).damaged).toBe(0)
})

it('leaves what a container stands on, what a command holds, and what is not on the disk yet', async () => {
  using store = scratchStore()
  const [mounted, held] = [ownLayer(store, 'mounted'), ownLayer(store, 'held')]
  await named(store, [mounted, held])
  await store.snapshots.prepareFor('box', [mounted])
  const fresh = ownLayer(store, 'fresh')
  await store.snapshots.view([fresh])
  await new Promise((resolve) => setTimeout(resolve, 2100))
  using lease = await store.lease()
  lease.hold([held, fresh])
  const both = ['tree', 'tar']
  expect(await store.snapshots.secondForms()).toEqual([])
  await collectCache(store, { limits: { maxUsed: 0 }, now })
  expect([mounted, held].map((id) => formsIn(store, id))).toEqual([both, both])
  lease.release()
  expect((await store.snapshots.secondForms()).map(({ layer }) => layer)).toEqual([held, held])
})

it('keeps the tar for a layer with the same bytes that has no tree', async () => {
  using store = scratchStore()
  const one = ownLayer(store, 'same')
  await named(store, [one])
  const records = createRecordTable(join(store.root, 'records/layers'), parseStoredLayer)
  const other = parseLayerId('f'.repeat(32))
  records.put(other, { ...parseStoredLayer(records.get(one)), id: other })
  const image = await store.images.create({ ...config, author: 'other' }, [other], { sync: false })
  store.images.tag(parseReference('other'), image)
  await store.snapshots.sync()
  await collectCache(store, { limits: { maxUsed: 0 }, now })
  expect([one, other].map((id) => formsIn(store, id))).toEqual([['tar'], ['tar']])
  expect(store.images.resolve('other')).toBeDefined()
  expect((await verifyStore(store)).damaged).toBe(0)
})
