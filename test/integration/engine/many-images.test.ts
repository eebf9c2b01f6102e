import { chmodSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { storeDetails } from '../../../src/engine/gc/details.ts'
import { storeSize } from '../../../src/engine/gc/measure.ts'
import {
  familiar,
  listImages,
  openStore,
  pruneStore,
  type Store,
  storeUsage,
} from '../../../src/engine/index.ts'
import { parseReference } from '../../../src/foundation/oci/index.ts'
import { journalIn, readEvents } from '../../../src/store/journal/index.ts'
import { entry, scratchStore } from '../../support/image-store.ts'

const count = 12

const layer = (store: Store, name: string) =>
  store.snapshots.writeLayer((writer) => {
    writer.add(entry(name, { size: 4 }), { kind: 'bytes', bytes: Buffer.from('four') })
  })

/** Images of two layers, one of which all of them have; each was made a second after the one before. */
const fill = async (store: Store): Promise<void> => {
  const shared = layer(store, 'shared')
  for (let i = 0; i < count; i++) {
    const created = new Date(1_700_000_000_000 + i * 1000).toISOString()
    const config = { architecture: 'amd64', os: 'linux', created } as const
    const image = await store.images.create(config, [shared, layer(store, `own-${i}`)], { sync: false })
    store.images.tag(parseReference(`many:${i}`), image, { sync: false })
  }
}

/** As a version wrote them that did not say when an image was made, and how large its layers are. */
const forgetSome = (store: Store): void => {
  const table = join(store.root, 'records/images')
  for (const name of readdirSync(table)) {
    const path = join(table, name)
    const text = readFileSync(path, 'utf8').replace(/,"created":"[^"]*","diffIds":.*,"size":\d+/, '')
    expect(text).not.toMatch(/created|diffIds/)
    chmodSync(path, 0o600)
    writeFileSync(path, text)
  }
}

/** As verbs open it that remove and make nothing. */
const shown = ({ root }: Store): Store => openStore({ root, onlyShown: true })

describe('a store with many images', () => {
  it('lists them newest first, with their sizes, also those that an older version has recorded', async () => {
    using store = scratchStore()
    await fill(store)
    const rows = listImages(store)
    expect(rows.map(({ name }) => name && familiar(name))).toEqual(
      Array.from({ length: count }, (_, i) => `many:${count - 1 - i}`),
    )
    expect(new Set(rows.map(({ size }) => size)).size).toBe(1)
    expect(rows[0]?.created).toBe('2023-11-14T22:13:31.000Z')
    forgetSome(store)
    expect(listImages(store)).toEqual(rows)
    expect(store.images.summaries()).toEqual(
      store.images.list().map(({ config: _, ...rest }, i) => ({
        ...rest,
        created: rows[i]?.created,
        size: rows[i]?.size,
      })),
    )
  })

  it('gives them many names at once, which are all known to be on the disk', async () => {
    using store = scratchStore()
    await fill(store)
    const [newest, ...others] = store.images.list()
    if (!newest) throw new Error('an image')
    const wishes = others.flatMap((image, i) => [
      [parseReference(`again:${i}`), image] as const,
      [parseReference('last'), image] as const,
    ])
    await store.images.tagAll([[parseReference('many:0'), newest], ...wishes])
    expect(store.images.resolve('many:0')?.id).toBe(newest.id)
    expect(store.images.resolve('last')?.id).toBe(others.at(-1)?.id)
    expect(others.every(({ id }, i) => store.images.resolve(`again:${i}`)?.id === id)).toBe(true)
    const table = join(store.root, 'records/names')
    const given = readdirSync(table).filter((name) => (statSync(join(table, name)).mode & 0o777) === 0o400)
    expect(given).toHaveLength(others.length + 2)
    await expect(
      store.images.tagAll(wishes.map(([, image]) => [{ registry: 'r', repository: 'x' }, image] as const)),
    ).rejects.toThrow('no digest')
  })

  it('shows the same where layers are not read for it, with and without their tars', async () => {
    using store = scratchStore()
    await fill(store)
    const rows = listImages(store)
    expect(listImages(shown(store))).toEqual(rows)
    const [{ image } = { image: undefined }] = rows
    const [, own] = image?.stack ?? []
    const record = own && store.snapshots.get(own)
    if (!own || !record?.diffId) throw new Error('an image with a layer of its own')
    // As after a RUN: a tree and no tar.
    mkdirSync(join(store.root, 'layers', own, 'tree'))
    store.content.remove(record.diffId)
    expect(listImages(shown(store))).toEqual(rows)
    rmdirSync(join(store.root, 'layers', own, 'tree'))
    expect(listImages(shown(store))).toEqual(rows.slice(1))
    forgetSome(store)
    expect(listImages(shown(store))).toEqual(rows.slice(1))
  })

  it('leaves out what has lost a part', async () => {
    using store = scratchStore()
    await fill(store)
    const [first, second, third] = store.images.list()
    if (!first || !second || !third) throw new Error('three images')
    store.content.remove(first.id)
    store.content.remove(second.manifest.digest)
    store.snapshots.remove(third.stack[1] ?? third.stack[0] ?? ('' as never))
    expect(store.images.summaries()).toHaveLength(count - 3)
    expect(shown(store).images.summaries()).toEqual(store.images.summaries())
    expect(store.images.open(first)).toBeUndefined()
  })

  it('measures each layer once, as one by one', async () => {
    using store = scratchStore()
    await fill(store)
    const usages = store.snapshots.usages()
    expect(usages.size).toBe(count + 1)
    for (const [id, size] of usages) expect(store.snapshots.usage(id)).toBe(size)
    const [images] = storeUsage(store)
    const size = [...usages.values()].reduce((sum, one) => sum + one, 0)
    expect(images).toEqual({ type: 'Images', total: count, active: 0, size, reclaimable: 0 })
    const details = await storeDetails(store)
    expect(details.images.every(({ shared, unique }) => shared > 0 && unique > 0)).toBe(true)
  })

  it('removes all but those in use, tells of each, and says what that has freed', async () => {
    using store = scratchStore()
    await fill(store)
    const used = store.images.resolve('many:7')
    const before = readEvents(journalIn(store.root)).length
    const freed = [...store.snapshots.usages()].reduce(
      (sum, [id, size]) => sum + (used?.stack.includes(id) ? 0 : size),
      0,
    )
    const report = await pruneStore(store, {
      all: true,
      usedBy: ({ id }) => (id === used?.id ? [{ container: 'web', running: false }] : []),
    })
    expect(report).toMatchObject({
      layers: count - 1,
      blobs: 3 * (count - 1),
      removals: { length: 2 * (count - 1) },
    })
    expect(report.reclaimed).toBeGreaterThan(freed)
    expect(listImages(store).map(({ name }) => name && familiar(name))).toEqual(['many:7'])
    const told = readEvents(journalIn(store.root)).slice(before)
    expect(told.map(({ Action }) => Action)).toEqual(
      Array.from({ length: count - 1 }, () => ['untag', 'delete']).flat(),
    )
    expect(await pruneStore(store, { all: true })).toMatchObject({ layers: 2, blobs: 4 })
    expect(storeSize(store.root)).toBeLessThan(200_000)
  })
})
