import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { busyboxLayer, layerWithFile, openRig, runStep, type StoreRig } from '../../../suites/snapshotter.ts'
import { listDirectory, listTree } from '../../../support/listing.ts'
import { withMounted } from '../../../support/mounted.ts'
import { makeProgram, type Program } from '../../../support/program.ts'

const native = resolve(import.meta.dirname, '../../../../native/build/tsbuild-native')

/** `program VERB ROOT ...`: what the processes of these tests do. */
const source = `
  import { useNativeBinary } from './src/foundation/native/index.ts'
  import { createContentStore } from './src/store/content/index.ts'
  import { openSnapshots, openStoreRoot } from './src/store/snapshot/index.ts'

  const [verb, root, ...ids] = process.argv.slice(2)
  useNativeBinary(${JSON.stringify(native)})
  openStoreRoot(root)
  const content = createContentStore(root)
  const snapshots = openSnapshots({ root, content })
  const filler = Buffer.alloc(64 * 1024, 'x')
  const file = (path, size) => ({ kind: 'add', path, type: 'file', mode: 0o644, uid: 0, gid: 0, size, mtime: 0, mtimeNsec: 0 })

  if (verb === 'view') {
    console.log(JSON.stringify(await snapshots.view(ids)))
  } else if (verb === 'same-layer') {
    const id = snapshots.writeLayer((writer) => {
      for (let i = 0; i < 200; i++) writer.add(file('f' + String(i).padStart(4, '0'), 5), { kind: 'bytes', bytes: Buffer.from('hello') })
    })
    await snapshots.view([id])
    console.log(id)
  } else if (verb === 'write-forever') {
    const ingest = content.ingest()
    console.log('ready')
    for (;;) ingest.write(filler)
  } else if (verb === 'layers-forever') {
    for (let n = 0; ; n++) {
      const id = snapshots.writeLayer((writer) => {
        for (let i = 0; i < 50; i++) writer.add(file('f' + String(i).padStart(4, '0'), filler.length), { kind: 'bytes', bytes: Buffer.from(filler.fill(String(n % 10))) })
      })
      const active = await snapshots.prepare([id])
      await active.commit()
      if (n === 0) console.log('ready')
    }
  }
`

let program: Program
beforeAll(() => {
  program = makeProgram(source)
})
afterAll(() => program[Symbol.dispose]())

let temp: string
let rig: StoreRig
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-procs-'))
  rig = openRig(join(temp, 'store'), 'overlay')
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

const tagged = (directory: string): readonly string[] => readdirSync(join(rig.root, directory))

describe('several processes on one store', () => {
  it('unpack the same layers at the same time, once and whole', async () => {
    const stack = [await busyboxLayer(rig.snapshots)]
    for (let i = 0; i < 20; i++) stack.push(layerWithFile(rig.snapshots, `f${i}`, `${i}`))
    const views = await Promise.all([1, 2, 3, 4].map(() => program.run(['view', rig.root, ...stack])))
    expect(new Set(views).size).toBe(1)
    const expected = listTree(rig.snapshots.union(stack))
    expect(withMounted(await rig.snapshots.view(stack), listDirectory)).toEqual(expected)
    expect(tagged('active')).toEqual([])
  })
  it('write the same layer at the same time, and each has a whole one', async () => {
    const ids = await Promise.all([1, 2, 3, 4].map(() => program.run(['same-layer', rig.root])))
    const layers = ids.map((id) => [...rig.snapshots.list()].find((layer) => layer.id === id.trim()))
    const diffIds = new Set(layers.map((layer) => layer?.diffId))
    expect(diffIds.size).toBe(1)
    const [diffId] = diffIds
    expect(diffId && rig.snapshots.findByDiffId(diffId)).toMatchObject({ tree: true, diffId })
    for (const layer of layers)
      expect(layer && rig.snapshots.union([layer.id]).children('')).toHaveLength(200)
    expect(tagged('content/ingest')).toEqual([])
    expect(tagged('content/blobs/sha256')).toHaveLength(1)
  })
})

describe('kill -9', () => {
  const killedAfter = async (verb: string, milliseconds: number): Promise<void> => {
    const child = program.start([verb, rig.root])
    if (child.stdout) await once(child.stdout, 'data')
    await new Promise((done) => setTimeout(done, milliseconds))
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  it('in the middle of a blob leaves nothing that counts, and the next opening clears it away', async () => {
    await killedAfter('write-forever', 20)
    expect(tagged('content/ingest')).toHaveLength(1)
    expect([...rig.content.list()]).toEqual([])
    openRig(rig.root, 'overlay')
    expect(tagged('content/ingest')).toEqual([])
    expect(tagged('trash')).toHaveLength(1)
    rig.snapshots.emptyTrash()
    expect(tagged('trash')).toEqual([])
  })
  it.each([0, 3, 7, 13, 29])('%i ms into making layers leaves only whole ones', async (milliseconds) => {
    await killedAfter('layers-forever', milliseconds)
    const { snapshots } = openRig(rig.root, 'overlay')
    expect(tagged('active')).toEqual([])
    expect(tagged('content/ingest')).toEqual([])
    const layers = [...snapshots.list()]
    expect(layers.length).toBeGreaterThan(0)
    for (const { id } of layers) {
      const before = await snapshots.describe(id)
      const tar = await snapshots.tarOf(id)
      expect(tar).toMatchObject({ digest: before.diffId, size: before.tarSize })
      const tree = snapshots.union([id])
      for (const entry of tree.children('')) expect(tree.contentDigest(entry)).toMatch(/^[0-9a-f]{64}$/)
      withMounted(await snapshots.view([id]), (path) => expect(existsSync(path)).toBe(true))
    }
  })
  it('of a step leaves a state that the next opening clears away, and the store works', async () => {
    const base = [await busyboxLayer(rig.snapshots)]
    const next = await runStep(rig.snapshots, base, 'echo x > /x')
    await killedAfter('layers-forever', 5)
    const { snapshots } = openRig(rig.root, 'overlay')
    withMounted(await snapshots.view(next), (path) => expect(existsSync(join(path, 'x'))).toBe(true))
  })
})
