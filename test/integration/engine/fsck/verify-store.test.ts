import { once } from 'node:events'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { CheckedFinding, StoreReport, VerifyOptions } from '../../../../src/engine/fsck/types.ts'
import { verifyStore } from '../../../../src/engine/fsck/verify-store.ts'
import type { Store } from '../../../../src/engine/store.ts'
import { hexOf, parseReference } from '../../../../src/foundation/oci/index.ts'
import { newContainerId } from '../../../../src/runtime/container/container-id.ts'
import { openContainerStore } from '../../../../src/runtime/container/container-store.ts'
import type { Image } from '../../../../src/store/image/index.ts'
import { richImage, scratchStore } from '../../../support/image-store.ts'

/** A store with a named image whose layers have trees and tars, as after a build and a run. */
const filled = async (): Promise<{
  readonly store: ReturnType<typeof scratchStore>
  readonly image: Image
}> => {
  const store = scratchStore()
  const image = await richImage(store)
  await store.snapshots.sync()
  store.images.tag(parseReference('app:v1'), image)
  await store.snapshots.view(image.stack)
  return { store, image }
}

const layerOf = (image: Image): string => image.stack[0] ?? ''
const treeOf = (store: Store, image: Image): string => join(store.root, 'layers', layerOf(image), 'tree')
const blobOf = (store: Store, digest: string): string =>
  join(store.root, 'content/blobs/sha256', digest.slice('sha256:'.length))
const tarOf = (store: Store, image: Image): string =>
  blobOf(store, store.snapshots.get(image.stack[0] ?? ('' as never))?.diffId ?? '')

const findingsIn = (report: StoreReport): readonly CheckedFinding[] => report.steps.flatMap((s) => s.findings)

const check = async (store: Store, options: VerifyOptions = {}): Promise<string[]> =>
  findingsIn(await verifyStore(store, options)).map((f) => `${f.severity} ${f.what} ${f.problem}`)

/** File times count only when they are older than the check. */
const old = new Promise((resolve) => setTimeout(resolve, 1100))

it('finds nothing in a store that is whole, and counts what it looked at', async () => {
  const { store } = await filled()
  using _ = store
  const report = await verifyStore(store)
  expect(findingsIn(report)).toEqual([])
  expect(report).toMatchObject({ damaged: 0, leftovers: 0, repaired: 0 })
  const counted = new Map(report.steps.map((step) => [step.name, step]))
  expect(counted.get('blobs')).toMatchObject({ checked: 4 })
  expect(counted.get('blobs')?.bytes).toBeGreaterThan(10_000)
  expect(counted.get('names')?.checked).toBe(1)
  expect(counted.get('layers')?.checked).toBeGreaterThanOrEqual(4)
})

it('overlooks a socket that a step left: a tar has no words for it', async () => {
  const { store, image } = await filled()
  using _ = store
  const server = createServer().listen(join(treeOf(store, image), 'socket'))
  try {
    await once(server, 'listening')
    expect(await check(store)).toEqual([])
  } finally {
    server.close()
  }
})

/** What is done to the store, what is found, and whether the named image is still whole once it is repaired. */
const damages: Readonly<
  Record<
    string,
    {
      readonly hurt: (store: Store, image: Image) => void
      readonly finds: RegExp
      readonly survives: boolean
    }
  >
> = {
  'a tar with other bytes, beside its tree': {
    hurt: (store, image) => {
      chmodSync(tarOf(store, image), 0o644)
      truncateSync(tarOf(store, image), 1024)
      chmodSync(tarOf(store, image), 0o444)
    },
    finds: /damage blob sha256:[0-9a-f]{64} its 1024 bytes have digest sha256:/,
    survives: true,
  },
  'a blob that can be written to': {
    hurt: (store, image) => chmodSync(blobOf(store, image.id), 0o644),
    finds: /damage blob .* can be written to \(mode 0644\)/,
    survives: true,
  },
  'a config with other bytes': {
    hurt: (store, image) => writeFileSync(blobOf(store, image.id), '{}'),
    finds: /damage blob .* its 2 bytes have digest/,
    survives: false,
  },
  'a manifest that is gone': {
    hurt: (store, image) => rmSync(blobOf(store, image.manifest.digest)),
    finds: /damage image .* it is not whole: find blob/,
    survives: false,
  },
  'a changed file in a tree': {
    hurt: (store, image) => writeFileSync(join(treeOf(store, image), 'bin/ping'), 'pong'),
    finds: /damage layer .* \/bin\/ping in its tree has other bytes than in its tar/,
    survives: true,
  },
  'a shorter file in a tree': {
    hurt: (store, image) => truncateSync(join(treeOf(store, image), 'bin/ping'), 1),
    finds: /damage layer .* \/bin\/ping in its tree is a file of 1 bytes, it should be a file of 4 bytes/,
    survives: true,
  },
  'a file that a tree lost': {
    hurt: (store, image) => rmSync(join(treeOf(store, image), 'bin/ping')),
    finds: /damage layer .* its tree lacks \/bin\/ping/,
    survives: true,
  },
  'a file that a tree should not have': {
    hurt: (store, image) => writeFileSync(join(treeOf(store, image), 'bin/evil'), ''),
    finds: /damage layer .* its tree has \/bin\/evil, which it should not have/,
    survives: true,
  },
  'a changed file in a tree that is the only form': {
    hurt: (store, image) => {
      rmSync(tarOf(store, image))
      writeFileSync(join(treeOf(store, image), 'bin/ping'), 'pong')
    },
    finds: /damage layer .* the tar of its tree has digest/,
    survives: false,
  },
  'a damaged index': {
    hurt: (store, image) => writeFileSync(join(store.root, 'layers', layerOf(image), 'index'), 'no index'),
    finds: /damage layer .* its index is damaged/,
    survives: true,
  },
  'a layer that is gone': {
    hurt: (store, image) => {
      rmSync(join(store.root, 'layers', layerOf(image)), { recursive: true })
      rmSync(join(store.root, 'records/layers', layerOf(image)))
    },
    finds: /damage image .*app:v1.* its layer [0-9a-f]{32} is gone/,
    survives: false,
  },
  'a torn record of an image': {
    hurt: (store, image) => {
      const directory = join(store.root, 'records/images')
      truncateSync(join(directory, readdirSync(directory)[0] ?? image.id), 20)
    },
    finds: /damage record records\/images\/.* is no JSON/,
    survives: false,
  },
  'a record under the name of another': {
    hurt: (store) => {
      const directory = join(store.root, 'records/diffids')
      renameSync(join(directory, readdirSync(directory)[0] ?? ''), join(directory, 'other'))
    },
    finds: /damage record records\/diffids\/other has the key of another record/,
    survives: true,
  },
  'an open store': {
    hurt: (store) => chmodSync(join(store.root, 'layers'), 0o755),
    finds: /damage directory layers is open to other users \(mode 0755\)/,
    survives: true,
  },
  'a volume without a record': {
    hurt: (store) => mkdirSync(join(store.root, 'volumes/data/_data'), { recursive: true, mode: 0o700 }),
    finds: /damage volume data has no record/,
    survives: true,
  },
}

it.each(Object.entries(damages))('finds %s and repairs it', async (name, { hurt, finds, survives }) => {
  await old
  const { store, image } = await filled()
  using _ = store
  hurt(store, image)
  await new Promise((resolve) => setTimeout(resolve, name.includes('record') ? 1100 : 0))
  expect((await check(store)).join('\n')).toMatch(finds)
  const repair = await verifyStore(store, { repair: true })
  if (name.startsWith('a volume')) rmSync(join(store.root, 'volumes'), { recursive: true })
  else expect(repair.damaged).toBe(0)
  expect((await check(store)).filter((line) => line.startsWith('damage'))).toEqual([])
  const found = store.images.resolve('app:v1')
  expect(found !== undefined).toBe(survives)
  if (!found) return
  await store.snapshots.view(found.stack)
  expect(readFileSync(join(treeOf(store, found), 'bin/ping'), 'utf8')).toBe('ping')
})

it('takes what dead processes and old boots left for leftovers', async () => {
  const { store, image } = await filled()
  using _ = store
  const gone = '1-1-00000000-0123456789abcdef'
  writeFileSync(join(store.root, 'leases', gone), '0\n')
  writeFileSync(join(store.root, 'content/ingest', gone), 'half')
  mkdirSync(join(store.root, 'active', gone))
  mkdirSync(join(store.root, 'layers', 'f'.repeat(32)))
  mkdirSync(join(store.root, 'volatile/another-boot'))
  writeFileSync(join(store.root, 'volatile/another-boot', hexOf(image.id)), '')
  mkdirSync(join(store.root, 'owned/nobody'))
  appendFileSync(join(store.root, 'records/names/.0123.tmp'), '{')
  await new Promise((resolve) => setTimeout(resolve, 1100))
  const lines = await check(store)
  for (const part of ['leases/', 'content/ingest/', 'active/', 'layers/ffff', 'volatile/', '.0123.tmp'])
    expect(lines.join('\n')).toContain(part)
  expect(lines.filter((line) => !line.startsWith('leftover'))).toEqual([])
  await verifyStore(store, { repair: true })
  expect(existsSync(join(store.root, 'active', gone))).toBe(false)
  // What the other boot did not get to the disk was the config: without it the name leads nowhere, and that is said.
  expect((await check(store)).join('\n')).toMatch(/image|name/)
})

it('tells containers in the making from those that were given up, and finds names of containers that are gone', async () => {
  const { store } = await filled()
  using _ = store
  const containers = openContainerStore(store.root)
  const [making, killed, lost] = [newContainerId(), newContainerId(), newContainerId()]
  for (const [id, name] of [
    [making, 'making'],
    [killed, 'killed'],
    [lost, 'lost'],
  ] as const)
    containers.claimName(id, name)
  writeFileSync(
    join(containers.dirOf(killed), 'making'),
    JSON.stringify({ pid: 1, startTime: 1, boot: 'another' }),
  )
  rmSync(containers.dirOf(lost), { recursive: true })
  const torn = newContainerId()
  mkdirSync(containers.dirOf(torn))
  writeFileSync(join(containers.dirOf(torn), 'container.json'), '{')
  expect([...(await check(store))].sort()).toEqual([
    expect.stringMatching(/^damage container [0-9a-f]{12} has a record that cannot be read/),
    'leftover container name lost is that of a container that is gone',
    `leftover containers/${killed} holds no container`,
  ])
  await verifyStore(store, { repair: true })
  expect(readdirSync(join(store.root, 'records/container-names'))).toEqual(['making'])
  expect(readdirSync(containers.directory).sort()).toEqual([making, torn].sort())
})

it('reads no bytes when it has to be quick', async () => {
  const { store, image } = await filled()
  using _ = store
  writeFileSync(join(treeOf(store, image), 'bin/ping'), 'pong')
  expect(await check(store, { quick: true })).toEqual([])
})

it('keeps what it looks at from being pruned, and lets go of it', async () => {
  const { store, image } = await filled()
  using _ = store
  await verifyStore(store)
  expect(readdirSync(join(store.root, 'leases'))).toEqual([])
  store.images.remove(image)
  expect((await check(store)).filter((line) => line.startsWith('damage'))).toEqual([])
})
