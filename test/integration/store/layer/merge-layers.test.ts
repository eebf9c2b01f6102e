import { describe, expect, it } from 'vitest'
import type { Store } from '../../../../src/engine/store.ts'
import { mergeLayers } from '../../../../src/store/layer/index.ts'
import type { LayerId } from '../../../../src/store/snapshot/index.ts'
import { directory, entry, richLayers, scratchStore } from '../../../support/image-store.ts'

const text = (content: string) => ({ kind: 'bytes', bytes: Buffer.from(content) }) as const

const merged = async (store: Store, layers: readonly LayerId[], notAfter?: number): Promise<LayerId> => {
  const tars: string[] = []
  for (const id of layers) tars.push((await store.snapshots.tarOf(id)).path)
  return store.snapshots.writeLayer((writer) =>
    mergeLayers(tars, writer, notAfter === undefined ? {} : { notAfter }),
  )
}

/** Everything that a user of the files sees. */
const seen = (store: Store, stack: readonly LayerId[]): readonly unknown[] => {
  const tree = store.snapshots.union(stack)
  const found: unknown[] = []
  const pending = ['']
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    for (const { inode, xattrs, ...child } of tree.children(path)) {
      const digest = child.type === 'file' ? tree.contentDigest({ ...child, ...(inode && { inode }) }) : ''
      found.push({ ...child, xattrs: [...(xattrs ?? [])], linked: inode !== undefined, digest })
      if (child.type === 'directory') pending.push(child.path)
    }
  }
  return found
}

describe('merged layers', () => {
  it('are what the layers are, one above the other', async () => {
    using store = scratchStore()
    const layers = richLayers(store)
    expect(seen(store, [await merged(store, layers)])).toEqual(seen(store, layers))
  })

  it('of one layer are that layer', async () => {
    using store = scratchStore()
    for (const layer of richLayers(store)) {
      const again = await merged(store, [layer])
      expect((await store.snapshots.describe(again)).diffId).toBe(
        (await store.snapshots.describe(layer)).diffId,
      )
    }
  })

  it('hide in the base what the layers hide', async () => {
    using store = scratchStore()
    const base = store.snapshots.writeLayer((w) => {
      w.add(directory('a'))
      w.add(entry('a/base', { size: 1 }), text('1'))
      w.add(directory('b'))
      w.add(entry('b/base', { size: 1 }), text('2'))
      w.add(entry('c', { size: 1 }), text('3'))
      w.add(directory('d'))
      w.add(entry('d/base', { size: 1 }), text('4'))
    })
    const layers = [
      store.snapshots.writeLayer((w) => {
        // A directory becomes a file, then a directory again.
        w.add(entry('a', { size: 1 }), text('5'))
        w.add({ kind: 'whiteout', path: 'b' })
        w.add({ kind: 'whiteout', path: 'c' })
        w.add(directory('e'))
        w.add(entry('e/one', { size: 2, inode: 'x' }), text('66'))
        w.add(entry('e/two', { hardlink: 'e/one', inode: 'x', size: 2 }))
        w.add(directory('f'))
        w.add(entry('f/gone', { size: 1 }), text('7'))
      }),
      store.snapshots.writeLayer((w) => {
        w.add(directory('a'))
        w.add(entry('a/new', { size: 1 }), text('8'))
        w.add(directory('b'))
        w.add(directory('d', { opaque: true }))
        w.add(entry('d/new', { size: 1 }), text('9'))
        w.add(directory('e'))
        w.add({ kind: 'whiteout', path: 'e/one' })
        w.add({ kind: 'whiteout', path: 'f' })
      }),
    ]
    const whole = seen(store, [base, ...layers])
    // `e/two` lost its twin: the merged layer knows it, a stack of layers does not.
    const alone = whole.map((one) => ({ ...Object(one), linked: false }))
    const squashed = seen(store, [base, await merged(store, layers)])
    expect(squashed.map((one) => ({ ...Object(one), linked: false }))).toEqual(alone)
    expect(JSON.stringify(squashed)).not.toContain('base')
  })

  it('give newer files the time that is asked for, and leave older ones', async () => {
    using store = scratchStore()
    const layer = store.snapshots.writeLayer((w) => {
      w.add(entry('new', { mtime: 2000 }))
      w.add(entry('old', { mtime: 500 }))
    })
    const tree = store.snapshots.union([await merged(store, [layer], 1000)])
    expect([tree.lookup('new')?.mtime, tree.lookup('old')?.mtime]).toEqual([1000, 500])
  })
})
