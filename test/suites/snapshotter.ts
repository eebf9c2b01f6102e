import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { applySpecials } from '../../src/foundation/native/index.ts'
import { type ContentStore, createContentStore } from '../../src/store/content/index.ts'
import {
  type LayerId,
  openSnapshots,
  openStoreRoot,
  type SnapshotStore,
  type Stack,
} from '../../src/store/snapshot/index.ts'
import { fillBusyboxRoot } from '../support/busybox-root.ts'
import { listDirectory, listTree } from '../support/listing.ts'
import { runInRoot, withMounted } from '../support/mounted.ts'
import { type SnapshotCase, snapshotCases } from './snapshot-cases.ts'

/** `images`: overlay, with all layers as images that have no tree. */
export type DriverKind = 'overlay' | 'copy' | 'images'

/** A store in a temporary directory. */
export interface StoreRig {
  readonly root: string
  readonly content: ContentStore
  readonly snapshots: SnapshotStore
}

export const openRig = (root: string, driver: DriverKind): StoreRig => {
  openStoreRoot(root)
  const content = createContentStore(root)
  const how = driver === 'images' ? ({ driver: 'overlay', images: 'always' } as const) : ({ driver } as const)
  return { root, content, snapshots: openSnapshots({ root, content, ...how }) }
}

/** Runs `script` on top of `stack` and commits. */
export const runStep = async (snapshots: SnapshotStore, stack: Stack, script: string): Promise<Stack> => {
  const active = await snapshots.prepare(stack)
  withMounted(active.root, (path) => runInRoot(path, script))
  return [...stack, await active.commit()]
}

/** A layer that holds busybox, made by copying into a fresh state. */
export const busyboxLayer = async (snapshots: SnapshotStore): Promise<LayerId> => {
  const active = await snapshots.prepare([])
  withMounted(active.root, fillBusyboxRoot)
  return active.commit()
}

/** What a mount of the stack shows. */
export const listStack = async (snapshots: SnapshotStore, stack: Stack): Promise<readonly string[]> =>
  withMounted(await snapshots.view(stack), listDirectory)

/** Tars of all layers into another store, where they make a new stack. */
export const transfer = async (from: StoreRig, to: StoreRig, stack: Stack): Promise<Stack> => {
  const moved: LayerId[] = []
  for (const id of stack) {
    const tar = await from.snapshots.tarOf(id)
    const ingest = to.content.ingest()
    ingest.write(execFileSync('cat', [tar.path], { maxBuffer: 1 << 28 }))
    ingest.commit({ digest: tar.digest, size: tar.size })
    const { diffId } = await from.snapshots.describe(id)
    moved.push((await to.snapshots.addLayer(tar, diffId)).id)
  }
  return moved
}

/** Conformance of a snapshot store: changes are made by commands in mounted roots and compared with a plain directory. */
export const snapshotterSuite = (driver: DriverKind, { inMemory = false } = {}): void => {
  describe(`snapshotter: ${driver}`, () => {
    let place: string
    let temp: string
    let rig: StoreRig
    beforeAll(() => {
      place = mkdtempSync(join(tmpdir(), 'tsbuild-snap-'))
      if (inMemory) execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=700', 'tmpfs', place])
    })
    afterAll(() => {
      if (inMemory) execFileSync('umount', [place])
      rmSync(place, { recursive: true, force: true })
    })
    beforeEach(() => {
      temp = mkdtempSync(join(place, 'case-'))
      rig = openRig(join(temp, 'store'), driver)
    })
    afterEach(() => rmSync(temp, { recursive: true, force: true }))

    it.each(snapshotCases.map((item): [string, SnapshotCase] => [item.name, item]))('%s', async (_, item) => {
      const reference = join(temp, 'reference')
      mkdirSync(reference, { mode: 0o755 })
      fillBusyboxRoot(reference)
      let stack: Stack = [await busyboxLayer(rig.snapshots)]
      for (const script of item.steps) {
        runInRoot(reference, script)
        stack = await runStep(rig.snapshots, stack, script)
      }
      const expected = listDirectory(reference)
      // What a step has left is a tree, whatever the driver: only what was moved is mounted as images.
      if (driver !== 'images') {
        expect(await listStack(rig.snapshots, stack)).toEqual(expected)
        expect(listTree(rig.snapshots.union(stack))).toEqual(expected)
      }
      const other = openRig(join(temp, 'other'), driver)
      const moved = await transfer(rig, other, stack)
      expect(listTree(other.snapshots.union(moved))).toEqual(expected)
      expect(await listStack(other.snapshots, moved)).toEqual(expected)
      for (const [i, id] of stack.entries()) {
        const there = moved[i]
        expect(there && (await other.snapshots.describe(there))).toEqual(await rig.snapshots.describe(id))
      }
    })
    lifeCycle(() => rig, driver)
  })
}

const lifeCycle = (rig: () => StoreRig, driver: DriverKind): void => {
  it('is an empty root for the empty stack', async () => {
    const { snapshots } = rig()
    const seen = await listStack(snapshots, [])
    expect(seen).toHaveLength(1)
    expect(listTree(snapshots.union([]))).toHaveLength(1)
  })
  it('shows the lower state unchanged while an upper one is written, and forgets what is discarded', async () => {
    const { snapshots } = rig()
    const base = [await busyboxLayer(snapshots)]
    const before = await listStack(snapshots, base)
    const active = await snapshots.prepare(base)
    withMounted(active.root, (path) => runInRoot(path, 'rm -r /etc; echo x > /new'))
    expect(await listStack(snapshots, base)).toEqual(before)
    await active.discard()
    await active.discard()
    expect([...snapshots.list()].map((layer) => layer.id)).toEqual(base)
    await expect(active.commit()).rejects.toMatchObject({ code: 'snapshot-ended' })
  })
  it('makes an equal layer of nothing each time nothing is done', async () => {
    const { snapshots } = rig()
    const base = [await busyboxLayer(snapshots)]
    const first = await runStep(snapshots, base, 'true')
    const second = await runStep(snapshots, first, 'true')
    const ids = await Promise.all(second.slice(1).map((id) => snapshots.describe(id)))
    expect(ids[0]).toEqual(ids[1])
    expect(await listStack(snapshots, second)).toEqual(await listStack(snapshots, base))
  })
  it('lets states of one stack live side by side', async () => {
    const { snapshots } = rig()
    const base = [await busyboxLayer(snapshots)]
    const [a, b] = await Promise.all([snapshots.prepare(base), snapshots.prepare(base)])
    withMounted(a.root, (path) => runInRoot(path, 'echo a > /who'))
    withMounted(b.root, (path) => runInRoot(path, 'test ! -e /who; echo b > /who'))
    const [one, two] = await Promise.all([a.commit(), b.commit()])
    expect(await listStack(snapshots, [...base, one])).not.toEqual(await listStack(snapshots, [...base, two]))
  })
  it('keeps the state of a container, and can commit it while it lives on', async () => {
    const { snapshots } = rig()
    const base = [await busyboxLayer(snapshots)]
    withMounted(await snapshots.prepareFor('web', base), (path) =>
      runInRoot(path, 'echo 1 > /data; rm /etc/passwd'),
    )
    expect(snapshots.changesOf('web').map((entry) => entry.path)).not.toEqual([])
    const first = await snapshots.commitOwned('web')
    const again = await snapshots.prepareFor('web', [])
    withMounted(again, (path) => runInRoot(path, 'grep -q 1 /data; test ! -e /etc/passwd; echo 2 > /data'))
    const second = await snapshots.commitOwned('web')
    expect(listTree(snapshots.union([...base, first]))).not.toEqual(
      listTree(snapshots.union([...base, second])),
    )
    withMounted(await snapshots.view([...base, second]), (path) =>
      runInRoot(path, 'grep -q 2 /data; test ! -e /etc/passwd'),
    )
    snapshots.removeOwned('web')
    await expect(snapshots.commitOwned('web')).rejects.toMatchObject({ code: 'snapshot-not-found' })
  })
  it('leaves a state alone that something may run on, and makes one where there is none', async () => {
    const { snapshots } = rig()
    const base = [await busyboxLayer(snapshots)]
    const root = await snapshots.prepareFor('web', base)
    await snapshots.ensureOwned('web', base)
    snapshots.emptyTrash()
    withMounted(root, (path) => runInRoot(path, 'echo 1 > /etc/passwd'))
    expect(snapshots.changesOf('web').map((entry) => entry.path)).toContain('etc/passwd')
    await snapshots.ensureOwned('new', base)
    expect(snapshots.changesOf('new')).toEqual([])
  })
  it.each(['../x', '', 'a/b', '.hidden', 'x'.repeat(200)])(
    'refuses %j as the name of a state',
    async (id) => {
      const { snapshots } = rig()
      await expect(snapshots.prepareFor(id, [])).rejects.toMatchObject({ code: 'bad-snapshot-id' })
    },
  )
  it('says so when a layer is not there', async () => {
    const { snapshots } = rig()
    const base = await busyboxLayer(snapshots)
    snapshots.remove(base)
    expect(snapshots.get(base)).toBeUndefined()
    await expect(snapshots.prepare([base])).rejects.toMatchObject({ code: 'layer-not-found' })
    await expect(snapshots.view([base])).rejects.toMatchObject({ code: 'layer-not-found' })
    await expect(snapshots.describe(base)).rejects.toMatchObject({ code: 'layer-not-found' })
    expect(() => snapshots.union([base])).toThrowError(expect.objectContaining({ code: 'layer-not-found' }))
  })
  it('keeps extended attributes and file capabilities, and drops what overlay alone understands', async () => {
    const { snapshots } = rig()
    const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex')
    const base = await runStep(
      snapshots,
      [await busyboxLayer(snapshots)],
      'echo a > /a; mkdir /d; echo b > /b',
    )
    const active = await snapshots.prepare(base)
    withMounted(active.root, (path) =>
      applySpecials(path, [
        { op: 'xattr', path: 'a', name: 'security.capability', value: capability },
        { op: 'xattr', path: 'a', name: 'user.empty', value: Buffer.alloc(0) },
        { op: 'xattr', path: 'd', name: 'user.binary', value: Buffer.from([0, 255, 61, 10]) },
      ]),
    )
    const stack = [...base, await active.commit()]
    const seen = await listStack(snapshots, stack)
    expect(seen.find((line) => line.startsWith('/a '))).toContain(
      `security.capability=${capability.toString('hex')}`,
    )
    expect(seen.find((line) => line.startsWith('/a '))).toContain('user.empty=')
    expect(seen.find((line) => line.startsWith('/d '))).toContain('user.binary=00ff3d0a')
    expect(listTree(snapshots.union(stack))).toEqual(seen)
    const other = openRig(join(rig().root, '../other'), driver)
    const moved = await transfer(rig(), other, stack)
    expect(await listStack(other.snapshots, moved)).toEqual(seen)
  })
  it('takes the same layer twice in one stack', async () => {
    const { snapshots } = rig()
    const base = await busyboxLayer(snapshots)
    const one = layerWithFile(snapshots, 'f', 'one')
    const two = layerWithFile(snapshots, 'f', 'two')
    const stack = [base, one, two, one]
    const next = await runStep(snapshots, stack, 'grep -q one /f; echo x > /x')
    expect(await listStack(snapshots, next)).toEqual(listTree(snapshots.union(next)))
  })
  // A loop device for each of them would be another thing to test.
  it.skipIf(driver === 'images')('stacks 200 layers', async () => {
    const { snapshots } = rig()
    const stack: LayerId[] = [await busyboxLayer(snapshots)]
    for (let i = 0; i < 199; i++) stack.push(layerWithFile(snapshots, `f${i}`, `${i}`))
    const result = await runStep(
      snapshots,
      stack,
      'test $(ls / | grep -c "^f[0-9]") = 199; rm /f7; echo new > /f8',
    )
    withMounted(await snapshots.view(result), (path) =>
      runInRoot(path, 'test ! -e /f7; grep -q new /f8; grep -q "^150$" /f150'),
    )
  })
}

/** A layer of one file, in tar form only. */
export const layerWithFile = (snapshots: SnapshotStore, path: string, text: string): LayerId =>
  snapshots.writeLayer((writer) => {
    const bytes = Buffer.from(text)
    writer.add(
      {
        kind: 'add',
        path,
        type: 'file',
        mode: 0o644,
        uid: 0,
        gid: 0,
        size: bytes.length,
        mtime: 1_000_000_000,
        mtimeNsec: 0,
      },
      { kind: 'bytes', bytes },
    )
  })
