import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openDirectoryContext } from '../../../../src/build/context/index.ts'
import { prepareFile } from '../../../../src/build/ops/file-step.ts'
import { createLayerLooks } from '../../../../src/build/ops/layer-looks.ts'
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
    environment: {
      snapshots,
      layers: createLayerLooks(snapshots),
      context: () => opened,
      tempRoot: join(root, 'temp'),
      now: () => 5_000,
    },
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

it('files of another stage that nobody has read are read once, and have the key that they have when they are known', async () => {
  const stage = snapshots.writeLayer((writer) => {
    for (let i = 0; i < 300; i++) {
      const bytes = Buffer.from(`file ${i}`)
      const path = `f${String(i).padStart(3, '0')}`
      writer.add(
        { ...plain, kind: 'add', path, type: 'file', mode: 0o644, size: bytes.length },
        { kind: 'bytes', bytes },
      )
    }
  })
  const from = () =>
    prepareFile(
      {
        kind: 'file',
        root: undefined,
        actions: [copyOf('.', '/app/', { from: { kind: 'input', input: 0 } })],
      },
      (input) => (input === 0 ? [stage] : []),
      {
        context: { signal: new AbortController().signal, events: () => {} },
        environment: {
          snapshots,
          layers: createLayerLooks(snapshots),
          context: () => {
            throw new Error('nothing of it is copied')
          },
          tempRoot: join(root, 'temp'),
          now: () => 5_000,
        },
      },
    )
  const cold = await from()
  expect(layers()).toBe(2)
  const { stack } = await cold.execute()
  const warm = await from()
  expect(layers()).toBe(2)
  expect(warm.components).toEqual(cold.components)
  const again = await warm.execute()
  expect(again.stack).toEqual(stack)
  const tree = snapshots.union(stack)
  const file = tree.lookup('app/f007')
  expect(file && tree.contentDigest(file)).toBe(createHash('sha256').update('file 7').digest('hex'))
})

it('a linked layer is one for all roots: its key does not know them, and links of theirs are not followed', async () => {
  const base = (target: string) =>
    snapshots.writeLayer((writer) => {
      const entry = { ...plain, kind: 'add', mode: 0o777, size: 0 } as const
      writer.add({ ...entry, path: 'app', type: 'symlink', linkName: target })
      writer.add({ ...entry, path: 'etc', type: 'directory', mode: 0o700 })
      const passwd = Buffer.from(`me:x:${target.length}:5::/:\n`)
      const file = { ...entry, path: 'etc/passwd', type: 'file', size: passwd.length } as const
      writer.add(file, { kind: 'bytes', bytes: passwd })
    })
  const bases = [base('/one'), base('/two'), base('/three')]
  const opened = openDirectoryContext({ directory: join(root, 'context') })
  const link = async (at: number, chown?: string) => {
    const stack = [bases[at]].flatMap((id) => (id === undefined ? [] : [id]))
    const actions = [copyOf('d0', '/app/', chown === undefined ? {} : { chown })]
    const step = await prepareFile({ kind: 'file', root: 0, actions, link: true }, () => stack, {
      context: { signal: new AbortController().signal, events: () => {} },
      environment: {
        snapshots,
        layers: createLayerLooks(snapshots),
        context: () => opened,
        tempRoot: join(root, 'temp'),
        now: () => 5_000,
      },
    })
    return { step, stack }
  }
  const [first, second] = [await link(0), await link(1)]
  expect(second.step.components).toEqual(first.step.components)
  const result = await first.step.execute()
  expect(result.stack).toHaveLength(1)
  const placed = second.step.place?.(result)
  expect(placed?.stack).toEqual([...second.stack, ...result.stack])
  const tree = snapshots.union(placed?.stack ?? [])
  expect(tree.lookup('app')).toMatchObject({ type: 'directory', mode: 0o755 })
  expect(tree.lookup('app/f7')?.type).toBe('file')
  expect(tree.lookup('etc')).toMatchObject({ mode: 0o700 })
  // A name means what each root says.
  const named = await Promise.all([0, 1, 2].map((at) => link(at, 'me')))
  const keys = named.map(({ step }) => JSON.stringify(step.components))
  expect(keys[0]).toBe(keys[1])
  expect(keys[0]).not.toBe(keys[2])
})

const plain = { uid: 0, gid: 0, mtime: 0, mtimeNsec: 0 }
