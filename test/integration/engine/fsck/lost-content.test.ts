import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { CheckedFinding, VerifyOptions } from '../../../../src/engine/fsck/types.ts'
import { verifyStore } from '../../../../src/engine/fsck/verify-store.ts'
import { freeUnreferenced } from '../../../../src/engine/images-prune.ts'
import type { Store } from '../../../../src/engine/store.ts'
import { type DiffId, hexOf } from '../../../../src/foundation/oci/index.ts'
import { defaultCompression } from '../../../../src/store/compression/index.ts'
import { type Image, validateImage } from '../../../../src/store/image/index.ts'
import { createRecordTable } from '../../../../src/store/records/index.ts'
import { parseCompressedForms } from '../../../../src/store/snapshot/compressed-forms.ts'
import { parseStoredLayer } from '../../../../src/store/snapshot/layer-record.ts'
import { richImage, scratchStore } from '../../../support/image-store.ts'
import { startDockerRegistry } from '../../../support/registry/docker-registry.ts'
import { pullFrom, pushTo } from '../../../support/transfer-rig.ts'

const findingsOf = async (store: Store, options: VerifyOptions = {}): Promise<readonly CheckedFinding[]> =>
  (await verifyStore(store, options)).steps.flatMap((step) => step.findings)

const linesOf = (findings: readonly CheckedFinding[]): string =>
  findings
    .map((f) => `${f.severity} ${f.what} ${f.problem}${f.repaired === undefined ? '' : `: ${f.repaired}`}`)
    .join('\n')

const layersOf = (image: Image) => {
  const [first, second] = image.stack
  const [firstDiffId, secondDiffId] = image.config.rootfs.diff_ids
  if (!first || !second || !firstDiffId || !secondDiffId) throw new Error('the rich image has two layers')
  return { first, second, firstDiffId, secondDiffId }
}

it('unpacks compressed forms: one that is right by its own digest and of another layer is damage', async () => {
  using store = scratchStore()
  const image = await richImage(store)
  const { first, second, firstDiffId, secondDiffId } = layersOf(image)
  const { path: _, ...blob } = await store.snapshots.compressedOf(second, defaultCompression)
  const own = await store.snapshots.compressedOf(first, defaultCompression)
  const table = createRecordTable(join(store.root, 'records/compressed'), parseCompressedForms)
  expect(await findingsOf(store)).toEqual([])
  const counted = (await verifyStore(store)).steps.find((step) => step.name === 'compressed layers')
  expect(counted?.bytes).toBe(blob.size + own.size)

  const [form] = table.get(firstDiffId) ?? []
  table.put(firstDiffId, [{ ...form, blob }])
  expect(await findingsOf(store, { quick: true })).toEqual([])
  const wrong = `damage compressed layer ${blob.digest} is said to be layer ${firstDiffId}, but unpacks to ${secondDiffId}`
  expect(linesOf(await findingsOf(store))).toBe(wrong)
  expect(linesOf(await findingsOf(store, { repair: true }))).toContain(
    `${wrong}: dropped; made or fetched again when it is needed`,
  )
  await freeUnreferenced(store)
  expect(await findingsOf(store)).toEqual([])
  const again = await store.snapshots.compressedOf(first, defaultCompression)
  expect(again.digest).toBe(own.digest)
  expect(await findingsOf(store)).toEqual([])
})

it('unpacks what layers came as, and says what does not unpack', async () => {
  using store = scratchStore()
  const image = await richImage(store)
  const { first, firstDiffId } = layersOf(image)
  const garbage = store.content.put(Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]))
  const layers = createRecordTable(join(store.root, 'records/layers'), parseStoredLayer)
  const record = layers.get(first)
  if (!record) throw new Error('the layer has a record')
  layers.put(first, { ...record, origin: { mediaType: 'application/gzip', ...garbage } })
  expect(linesOf(await findingsOf(store))).toMatch(
    new RegExp(
      `^damage compressed layer ${garbage.digest} is said to be layer ${firstDiffId}, but does not unpack: `,
    ),
  )
  expect((await verifyStore(store, { repair: true })).damaged).toBe(0)
  // The layer has its tar still.
  expect(await findingsOf(store)).toEqual([])
  expect(await validateImage(image, store)).toEqual([])
})

/** A store that pulled the image, and lost everything of its first layer. */
const pulledAndLost = async (name: string): Promise<ReturnType<typeof scratchStore>> => {
  const store = scratchStore()
  const { image } = await pullFrom(store, name)
  const { first, firstDiffId } = layersOf(image)
  rmSync(join(store.root, 'layers', first), { recursive: true })
  const blobs = [firstDiffId, ...store.snapshots.formsOf(first).map(({ digest }) => digest as DiffId)]
  for (const digest of blobs) {
    const path = join(store.root, 'content/blobs/sha256', hexOf(digest))
    rmSync(path, { force: true })
    writeFileSync(path, 'other bytes')
    chmodSync(path, 0o444)
  }
  return store
}

it('fetches images again that were pulled, and drops them when that fails', async () => {
  const server = await startDockerRegistry()
  using from = scratchStore()
  const name = `${server.host}/lost:1`
  const { descriptor } = await pushTo(from, name, await richImage(from))
  using store = await pulledAndLost(name)
  using other = await pulledAndLost(name)
  const refetch = (store: Store) => async (wanted: string) => void (await pullFrom(store, wanted))

  expect(linesOf(await findingsOf(store))).toMatch(/damage blob .* its 11 bytes have digest/)
  expect(linesOf(await findingsOf(store, { repair: true, refetch: refetch(store) }))).toContain(
    `: fetched again: ${server.host}/lost@${descriptor.digest}`,
  )
  expect(await findingsOf(store)).toEqual([])
  const image = store.images.resolve(name)
  expect(image && (await validateImage(image, store))).toEqual([])

  await server[Symbol.asyncDispose]()
  const dropped = linesOf(await findingsOf(other, { repair: true, refetch: refetch(other) }))
  expect(dropped).toMatch(/the record was dropped: .* \(it could not be fetched: .*\)/)
  expect(other.images.resolve(name)).toBeUndefined()
  expect((await verifyStore(other)).damaged).toBe(0)
})
