import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { verifyStore } from '../../../../src/engine/fsck/verify-store.ts'
import { collectCache, rememberedSteps } from '../../../../src/engine/gc/collect.ts'
import { storeDetails } from '../../../../src/engine/gc/details.ts'
import { storeSize } from '../../../../src/engine/gc/measure.ts'
import { collectAfterBuild } from '../../../../src/engine/gc/policy.ts'
import { pruneStore } from '../../../../src/engine/images-prune.ts'
import type { Store } from '../../../../src/engine/store.ts'
import { parseReference } from '../../../../src/foundation/oci/index.ts'
import { newContainerId } from '../../../../src/runtime/container/container-id.ts'
import { openContainerStore } from '../../../../src/runtime/container/container-store.ts'
import type { LayerId } from '../../../../src/store/snapshot/index.ts'
import { entry, scratchStore } from '../../../support/image-store.ts'

const kilobyte = 1024
const now = Date.now()

/** A layer of one file with bytes of its own. */
const layer = (store: Store, name: string, size = 200 * kilobyte): LayerId =>
  store.snapshots.writeLayer((writer) => {
    writer.add(entry(name, { size }), { kind: 'bytes', bytes: Buffer.alloc(size, name) })
  })

/** What a build leaves: a record of a step that took so long. */
const step = (store: Store, name: string, milliseconds: number, base: readonly LayerId[] = []): LayerId => {
  const made = layer(store, name)
  store.steps.put(name, { name, components: [], layers: [...base, made], milliseconds, created: now })
  return made
}

const names = (store: Store): readonly string[] => rememberedSteps(store).map(({ name }) => name)

const config = { architecture: 'amd64', os: 'linux' } as const

it('keeps a hard budget: drops the cheapest first, measured on the disk', async () => {
  using store = scratchStore()
  for (let i = 0; i < 10; i++) step(store, `step-${i}`, 1000 * (i + 1))
  const before = storeSize(store.root)
  const report = await collectCache(store, { limits: { maxUsed: before - 500 * kilobyte }, now })
  expect(storeSize(store.root)).toBeLessThanOrEqual(before - 500 * kilobyte)
  expect(report.dropped.map(({ name }) => name)).toEqual(['step-0', 'step-1', 'step-2'])
  expect(names(store)).toHaveLength(7)
  expect((await verifyStore(store)).damaged).toBe(0)
})

it('never drops what an image, a lease or a limit keeps', async () => {
  using store = scratchStore()
  const kept = step(store, 'of an image', 1)
  const held = step(store, 'of a build', 1)
  step(store, 'free', 1_000_000)
  const image = await store.images.create(config, [kept], { sync: false })
  store.images.tag(parseReference('app'), image, { sync: false })
  {
    await new Promise((resolve) => setTimeout(resolve, 2100))
    using lease = await store.lease()
    lease.hold([held])
    await collectCache(store, { limits: { maxUsed: 0 }, now })
    expect(store.snapshots.get(kept)).toBeDefined()
    expect(store.snapshots.get(held)).toBeDefined()
    expect(names(store)).not.toContain('free')
    const details = await storeDetails(store)
    expect(details.cache.find(({ description }) => description === 'of an image')?.keptBy).toEqual([
      'app:latest',
    ])
    expect(details.cache.find(({ description }) => description === 'of a build')?.keptBy).toHaveLength(1)
  }
  const { allowed } = await collectCache(store, { limits: { maxUsed: 0, reserved: 1 << 30 }, now })
  expect(allowed).toBe(1 << 30)
  expect(store.snapshots.get(held)).toBeDefined()
  await collectCache(store, { limits: { maxUsed: 0 }, now })
  expect(store.snapshots.get(held)).toBeUndefined()
  expect(store.images.resolve('app')).toBeDefined()
})

it('drops only what nobody has used of late, and touches nothing in a dry run', async () => {
  using store = scratchStore()
  step(store, 'a', 1)
  const dry = await collectCache(store, { limits: { maxUsed: 0 }, now, dryRun: true })
  expect(dry.dropped.map(({ name }) => name)).toEqual(['a'])
  expect(names(store)).toEqual(['a'])
  await collectCache(store, { limits: { maxUsed: 0 }, now, unusedSince: now - 3600_000 })
  expect(names(store)).toEqual(['a'])
  await collectCache(store, { limits: { maxUsed: 0 }, now, unusedSince: Date.now() + 1000 })
  expect(names(store)).toEqual([])
})

it('collects after a build only when the store has outgrown its limits', async () => {
  using store = scratchStore()
  step(store, 'a', 1)
  expect(await collectAfterBuild(store, { maxUsed: 1 << 30, now })).toBe(0)
  expect(await collectAfterBuild(store, { minFree: 1 << 20, now })).toBe(0)
  expect(names(store)).toEqual(['a'])
  // What is on the disk besides does not count, only what is reserved does.
  expect(await collectAfterBuild(store, { minFree: 2 ** 60, reserved: 1 << 30, now })).toBe(0)
  expect(names(store)).toEqual(['a'])
  expect(await collectAfterBuild(store, { maxUsed: 1, now })).toBeGreaterThan(100 * kilobyte)
  expect(names(store)).toEqual([])
})

it('frees what killed commands left of containers, and leaves what is being made', async () => {
  using store = scratchStore()
  const half = join(store.root, 'containers', 'a'.repeat(64))
  const state = join(store.root, 'owned', 'b'.repeat(64))
  mkdirSync(half)
  const containers = openContainerStore(store.root)
  const killed = newContainerId()
  containers.claimName(killed, 'half')
  const lost = newContainerId()
  containers.claimName(lost, 'lost')
  rmSync(containers.dirOf(lost), { recursive: true })
  const maker = join(containers.dirOf(killed), 'making')
  mkdirSync(state)
  {
    using _lease = await store.lease()
    await pruneStore(store, { all: false })
    expect([existsSync(half), existsSync(state)]).toEqual([true, true])
    expect(readdirSync(join(store.root, 'records/container-names')).sort()).toEqual(['half'])
  }
  writeFileSync(maker, JSON.stringify({ pid: 1, startTime: 1, boot: 'another' }))
  await pruneStore(store, { all: false })
  expect([existsSync(half), existsSync(state)]).toEqual([false, false])
  expect(existsSync(containers.dirOf(killed))).toBe(false)
  expect(readdirSync(join(store.root, 'records/container-names'))).toEqual([])
})

it('leaves the image that a running command is about to name', async () => {
  using store = scratchStore()
  const stack = [layer(store, 'x')]
  {
    using _lease = await store.lease()
    const image = await store.images.create(config, stack, { sync: false })
    await pruneStore(store, { all: true })
    store.images.tag(parseReference('app'), image, { sync: false })
    expect(store.images.resolve('app')?.id).toBe(image.id)
  }
  await pruneStore(store, { all: true })
  expect(store.images.resolve('app')).toBeUndefined()
})
