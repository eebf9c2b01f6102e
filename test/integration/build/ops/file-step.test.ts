import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openDirectoryContext } from '../../../../src/build/context/index.ts'
import { prepareFile } from '../../../../src/build/ops/file-step.ts'
import { createContentStore } from '../../../../src/store/content/index.ts'
import { openSnapshots, openStoreRoot, type SnapshotStore } from '../../../../src/store/snapshot/index.ts'
import { copyOf } from '../../../support/file-op-rig.ts'

let root = ''
let snapshots: SnapshotStore
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-file-step-'))
  openStoreRoot(join(root, 'store'))
  snapshots = openSnapshots({ root: join(root, 'store'), content: createContentStore(join(root, 'store')) })
  for (let d = 0; d < 10; d++) {
    mkdirSync(join(root, `context/d${d}`), { recursive: true })
    for (let f = 0; f < 30; f++) writeFileSync(join(root, `context/d${d}/f${f}`), `${d}/${f}`)
  }
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const prepare = (stateFile?: string) => {
  const opened = openDirectoryContext({
    directory: join(root, 'context'),
    ...(stateFile !== undefined && { stateFile }),
  })
  const prepared = prepareFile({ kind: 'file', root: undefined, actions: [copyOf('.', '/app/')] }, () => [], {
    context: { signal: new AbortController().signal, events: () => {} },
    environment: { snapshots, context: () => opened, tempRoot: join(root, 'temp'), now: () => 5_000 },
  })
  return { prepared, opened }
}
const layers = (): number => [...snapshots.list()].length

it('a cold context is written at once, and the layer is the one that the key stands for', async () => {
  const cold = await prepare().prepared
  expect(layers()).toBe(1)
  const { stack } = await cold.execute()
  expect(layers()).toBe(1)
  const tree = snapshots.union(stack)
  const file = tree.lookup('app/d3/f7')
  expect(file && tree.contentDigest(file)).toMatch(/^[0-9a-f]{64}$/)
  expect(file?.size).toBe(3)
})

it('a cold context that makes a layer of another step again leaves that layer alone', async () => {
  const { stack } = await (await prepare().prepared).execute()
  await prepare().prepared
  expect(layers()).toBe(1)
  expect(snapshots.union(stack).lookup('app/d3/f7')?.size).toBe(3)
})

it('a context whose digests are known is not written before it must be, and has the same key', async () => {
  await new Promise((resolve) => setTimeout(resolve, 80))
  const stateFile = join(root, 'state')
  const first = prepare(stateFile)
  const cold = await first.prepared
  first.opened.save()
  const warm = await prepare(stateFile).prepared
  expect(warm.components).toEqual(cold.components)
  await warm.execute()
  expect(layers()).toBe(1)
})
