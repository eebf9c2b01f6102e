import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nativeBinary } from '../../../../src/foundation/native/index.ts'
import type { Digest } from '../../../../src/foundation/oci/index.ts'
import { createRecordTable } from '../../../../src/store/records/index.ts'
import { acquireLease, type LayerId, type PruneRoots } from '../../../../src/store/snapshot/index.ts'
import { parseStoredLayer } from '../../../../src/store/snapshot/layer-record.ts'
import { busyboxLayer, layerWithFile, openRig, runStep, type StoreRig } from '../../../suites/snapshotter.ts'

let temp: string
let rig: StoreRig
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-prune-'))
  rig = openRig(join(temp, 'store'), 'overlay')
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

const roots = (layers: readonly LayerId[], blobs: readonly Digest[] = []): PruneRoots => ({
  layersInUse: new Set(layers),
  blobsInUse: new Set(blobs),
})
const ids = (): readonly string[] => [...rig.snapshots.list()].map((layer) => layer.id).sort()

/** Makes a layer look as if it had been made long ago. */
const age = (id: LayerId): void => {
  const table = createRecordTable(join(rig.root, 'records/layers'), parseStoredLayer)
  const stored = table.get(id)
  if (stored) table.put(id, { ...stored, created: 1 })
  for (const blob of rig.content.list()) utimesSync(rig.content.pathOf(blob.digest), 1, 1)
}

const nothing = { layers: 0, blobs: 0, bytes: 0 }

describe('pruning', () => {
  it('drops layers and blobs that nobody names, by renaming', async () => {
    const kept = layerWithFile(rig.snapshots, 'kept', '1')
    const dropped = layerWithFile(rig.snapshots, 'dropped', '2')
    const config = rig.content.put('{"config":1}').digest
    const orphan = rig.content.put('{"config":2}').digest
    const bytes = rig.snapshots.usage(dropped) + '{"config":2}'.length
    expect(await rig.snapshots.pruneUnreferenced(roots([kept], [config]))).toEqual({
      layers: 1,
      blobs: 2,
      bytes,
    })
    expect(ids()).toEqual([kept])
    expect(rig.snapshots.get(dropped)).toBeUndefined()
    expect(rig.content.stat(config)).toBeDefined()
    expect(rig.content.stat(orphan)).toBeUndefined()
    expect(rig.snapshots.get(kept)).toMatchObject({ blob: { size: expect.any(Number) } })
    expect(readdirSync(join(rig.root, 'layers')).sort()).toEqual([kept, 'empty'].sort())
    rig.snapshots.emptyTrash()
    expect(readdirSync(join(rig.root, 'trash'))).toEqual([])
    expect(await rig.snapshots.pruneUnreferenced(roots([kept], [config]))).toEqual(nothing)
  })
  it('empties the trash of what has lain there for a while, or of all', async () => {
    layerWithFile(rig.snapshots, 'dropped', '2')
    await rig.snapshots.pruneUnreferenced(roots([], []))
    const trash = join(rig.root, 'trash')
    const before = readdirSync(trash)
    expect(before.length).toBeGreaterThan(0)
    rig.snapshots.emptyTrash(60_000)
    expect(readdirSync(trash)).toEqual(before)
    await new Promise((resolve) => setTimeout(resolve, 60))
    rig.snapshots.emptyTrash(50)
    expect(readdirSync(trash)).toEqual([])
    rmSync(trash, { recursive: true })
    rig.snapshots.emptyTrash(50)
    rig.snapshots.emptyTrash()
  })
  it('follows nothing out of the trash, whatever lies there', () => {
    const trash = join(rig.root, 'trash')
    const outside = join(temp, 'outside')
    mkdirSync(outside)
    writeFileSync(join(outside, 'file'), 'kept')
    for (const name of ['few', 'deep/er']) mkdirSync(join(trash, name), { recursive: true })
    for (const name of ['link', 'few/link', 'deep/er/link']) symlinkSync(outside, join(trash, name))
    writeFileSync(join(trash, 'few/file'), 'gone')
    rig.snapshots.emptyTrash()
    expect(readdirSync(trash)).toEqual([])
    expect(readdirSync(outside)).toEqual(['file'])
  })
  it('sweeps the trash in the background, of what has lain there for a while', async () => {
    layerWithFile(rig.snapshots, 'dropped', '2')
    await rig.snapshots.pruneUnreferenced(roots([], []))
    const trash = join(rig.root, 'trash')
    const before = readdirSync(trash)
    expect(before.length).toBeGreaterThan(0)
    rig.snapshots.sweepTrash(60_000)
    expect(readdirSync(trash)).toEqual(before)
    await vi.waitFor(() => {
      rig.snapshots.sweepTrash(50)
      expect(readdirSync(trash)).toEqual([])
    }, 50_000)
    rmSync(trash, { recursive: true })
    expect(() => rig.snapshots.sweepTrash(50)).not.toThrow()
  })
  it('deletes nothing in the background while another process is at it, and all that can be deleted', async () => {
    const trash = join(rig.root, 'trash')
    mkdirSync(join(trash, 'a/b'), { recursive: true })
    symlinkSync('/etc/passwd', join(trash, 'link'))
    const helper = (...args: string[]): number | null =>
      spawnSync('flock', ['-n', trash, nativeBinary(), 'fsops', ...args]).status
    expect(helper('sweep', trash, '0')).toBe(0)
    expect(readdirSync(trash).sort()).toEqual(['a', 'link'])
    expect(spawnSync(nativeBinary(), ['fsops', 'sweep', trash, '3600']).status).toBe(0)
    expect(readdirSync(trash).sort()).toEqual(['a', 'link'])
    expect(spawnSync(nativeBinary(), ['fsops', 'sweep', trash, '0']).status).toBe(0)
    expect(readdirSync(trash)).toEqual([])
    expect(spawnSync(nativeBinary(), ['fsops', 'sweep', trash, '-1']).status).toBe(1)
  })
  it('measures nothing where another command removes the layer meanwhile', () => {
    const id = layerWithFile(rig.snapshots, 'file', '1')
    expect(rig.snapshots.usage(id)).toBeGreaterThan(0)
    const listed = rig.snapshots.list()[Symbol.iterator]().next()
    rig.snapshots.remove(id)
    expect(listed.done === true ? 'none' : rig.snapshots.usage(listed.value.id)).toBe(0)
  })
  it('clears away what dying processes left between the records', async () => {
    const kept = layerWithFile(rig.snapshots, 'kept', '1')
    const records = join(rig.root, 'records/layers')
    writeFileSync(join(records, '.0123456789abcdef.tmp'), '{')
    writeFileSync(join(records, 'torn'), '{')
    await rig.snapshots.pruneUnreferenced(roots([kept]))
    expect(readdirSync(records).sort()).toEqual([kept, 'torn'].sort())
  })
  it('keeps what a container stands on, until the container goes', async () => {
    const base = await busyboxLayer(rig.snapshots)
    await rig.snapshots.prepareFor('web', [base])
    await rig.snapshots.pruneUnreferenced(roots([]))
    expect(ids()).toEqual([base])
    rig.snapshots.removeOwned('web')
    await rig.snapshots.pruneUnreferenced(roots([]))
    expect(ids()).toEqual([])
  })
  it('keeps all that was made since the oldest live lease, and drops it when the lease is gone', async () => {
    const old = layerWithFile(rig.snapshots, 'old', '1')
    age(old)
    const lease = await acquireLease(rig.root)
    const base = await busyboxLayer(rig.snapshots)
    const stack = await runStep(rig.snapshots, [base], 'echo x > /x')
    const fresh = rig.content.put('config').digest
    await rig.snapshots.pruneUnreferenced(roots([]))
    expect(ids()).toEqual([...stack].sort())
    expect(rig.content.stat(fresh)).toBeDefined()
    lease.release()
    await rig.snapshots.pruneUnreferenced(roots([]))
    expect(ids()).toEqual([])
    expect([...rig.content.list()]).toEqual([])
  })
  it('keeps older layers and blobs that a lease holds', async () => {
    const layer = layerWithFile(rig.snapshots, 'a', '1')
    const blob = rig.content.put('manifest').digest
    age(layer)
    const lease = await acquireLease(rig.root)
    lease.hold([layer, blob])
    lease.hold([layer])
    expect(await rig.snapshots.pruneUnreferenced(roots([]))).toEqual(nothing)
    lease.release()
    expect(await rig.snapshots.pruneUnreferenced(roots([]))).toMatchObject({ layers: 1, blobs: 2 })
  })
  it('keeps an old layer that a build with a lease has made again', async () => {
    const first = layerWithFile(rig.snapshots, 'same', '1')
    age(first)
    const lease = await acquireLease(rig.root)
    expect(layerWithFile(rig.snapshots, 'same', '1')).toBe(first)
    await rig.snapshots.pruneUnreferenced(roots([]))
    expect(ids()).toEqual([first])
    lease.release()
  })
  it('keeps an old layer that such a build finds while the roots are counted', async () => {
    const layer = layerWithFile(rig.snapshots, 'same', '1')
    const other = layerWithFile(rig.snapshots, 'other', '1')
    age(layer)
    age(other)
    using _lease = await acquireLease(rig.root)
    await rig.snapshots.pruneUnreferenced((listed) => {
      expect(listed.map(({ id }) => id).sort()).toEqual([layer, other].sort())
      expect(layerWithFile(rig.snapshots, 'same', '1')).toBe(layer)
      return roots([])
    })
    expect(ids()).toEqual([layer])
  })
  it('counts the roots when no new lease can be taken any more', async () => {
    const layer = layerWithFile(rig.snapshots, 'a', '1')
    age(layer)
    let waiting: Promise<unknown> | undefined
    let taken = false
    await rig.snapshots.pruneUnreferenced(() => {
      waiting = acquireLease(rig.root).then((lease) => {
        taken = true
        lease.release()
      })
      return roots([layer])
    })
    expect(taken).toBe(false)
    await waiting
    expect(taken).toBe(true)
    expect(ids()).toEqual([layer])
  })
})
