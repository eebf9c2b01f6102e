import { lstatSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { verifyStore } from '../../../src/engine/fsck/verify-store.ts'
import { openStore, type Store } from '../../../src/engine/store.ts'
import { parseReference } from '../../../src/foundation/oci/index.ts'
import { validateImage } from '../../../src/store/image/index.ts'
import { canMake, type Disk, type DiskKind, makeDisk } from '../../support/disk.ts'
import { richImage, scratchStore } from '../../support/image-store.ts'

const v1 = parseReference('app:v1')
const kinds: readonly (readonly [DiskKind, number])[] = [
  ['ext4', 64],
  ['xfs', 320],
  ['btrfs', 160],
]

/** The store as the next boot finds it; it is whole, or the test fails. */
const afterCut = async (disk: Disk): Promise<{ readonly store: Store } & Disposable> => {
  const cut = disk.cut('store')
  const store = openStore({ root: join(cut.path, 'store') })
  const report = await verifyStore(store)
  const damage = report.steps.flatMap((s) => s.findings).filter(({ severity }) => severity === 'damage')
  const dispose = (): void => cut[Symbol.dispose]()
  if (damage.length > 0) {
    dispose()
    throw new Error(JSON.stringify(damage))
  }
  return { store, [Symbol.dispose]: dispose }
}

const opened = (disk: Disk): Store => openStore({ root: join(disk.path, 'store') })

describe.each(kinds.filter(([kind]) => canMake(kind)))('a power cut on %s', (kind, size) => {
  it('leaves whole what was said to be done', async () => {
    using disk = makeDisk(kind, size)
    const store = opened(disk)
    const image = await richImage(store)
    await store.snapshots.sync()
    using before = await afterCut(disk)
    expect(before.store.images.names()).toEqual([])
    const again = await store.images.create(image.config, image.stack)
    store.images.tag(v1, again)
    using after = await afterCut(disk)
    const found = after.store.images.resolve('app:v1')
    expect(found?.id).toBe(image.id)
    if (found) expect(await validateImage(found, after.store)).toEqual([])
  })

  it('leaves the old image or the new one under a name that is moved', async () => {
    using disk = makeDisk(kind, size)
    const store = opened(disk)
    const make = async (user: string) => {
      const { config, stack } = await richImage(store, { User: user })
      return store.images.create(config, stack)
    }
    const first = await make('1')
    store.images.tag(v1, first)
    // Half of what a build does: a new image on the disk, its name written and not waited for.
    const second = await make('2')
    store.images.tag(v1, second, { sync: false })
    using half = await afterCut(disk)
    expect([first.id, second.id]).toContain(half.store.images.resolve('app:v1')?.id)
    store.images.tag(v1, second)
    using whole = await afterCut(disk)
    expect(whole.store.images.resolve('app:v1')?.id).toBe(second.id)
  })

  it('leaves a store without lies where nothing was waited for', async () => {
    using disk = makeDisk(kind, size)
    const store = opened(disk)
    store.images.tag(v1, await richImage(store), { sync: false })
    using after = await afterCut(disk)
    const found = after.store.images.resolve('app:v1')
    if (found) expect(await validateImage(found, after.store)).toEqual([])
  })
})

/** Inode and time of change of every record, by name. */
const stampsOf = (store: Store): readonly string[] =>
  ['names', 'images'].flatMap((table) =>
    readdirSync(join(store.root, 'records', table)).map((name) => {
      const { ino, ctimeNs } = lstatSync(join(store.root, 'records', table, name), { bigint: true })
      return `${table}/${name} ${ino} ${ctimeNs}`
    }),
  )

it('waits for nothing when the same image gets the same name again', async () => {
  using store = scratchStore()
  const { config, stack } = await richImage(store)
  const image = await store.images.create(config, stack)
  store.images.tag(v1, image)
  const before = stampsOf(store)
  expect(before).toHaveLength(2)
  store.images.tag(v1, await store.images.create(config, stack))
  expect(stampsOf(store)).toEqual(before)
})

it('writes a document again that a power cut left with other bytes of the same length', async () => {
  using store = scratchStore()
  const image = await richImage(store)
  const path = store.content.pathOf(image.id)
  const bytes = readFileSync(path)
  writeFileSync(path, Buffer.alloc(bytes.length))
  utimesSync(path, 1, 1)
  expect(store.images.resolve(image.id)).toBeUndefined()
  await store.images.create(image.config, image.stack)
  expect(store.images.resolve(image.id)?.id).toBe(image.id)
  expect(lstatSync(path).mode & 0o777).toBe(0o444)
})
