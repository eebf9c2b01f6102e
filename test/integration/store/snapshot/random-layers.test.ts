import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { byTreeOrder, type LayerEntry, type LayerTarWriter } from '../../../../src/store/layer/index.ts'
import type { LayerId } from '../../../../src/store/snapshot/index.ts'
import { openRig, transfer } from '../../../suites/snapshotter.ts'
import { listDirectory, listTree } from '../../../support/listing.ts'
import { withMounted } from '../../../support/mounted.ts'

/** mulberry32: the same numbers for the same seed everywhere. */
const randomOf = (seed: number): ((below: number) => number) => {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

const common = { kind: 'add', uid: 0, gid: 0, size: 0, mtime: 1_000_000_000, mtimeNsec: 0 } as const

/** A layer over few names, so that layers hide, remove and replace each other's paths all the time. */
const randomLayer = (random: (below: number) => number): readonly LayerEntry[] => {
  const entries: LayerEntry[] = []
  const fill = (directory: string, depth: number): void => {
    for (const name of ['a', 'b', 'c']) {
      const path = directory === '' ? name : `${directory}/${name}`
      const kind = random(8)
      if (kind === 0) entries.push({ kind: 'whiteout', path })
      else if (kind === 1) entries.push({ ...common, path, type: 'file', mode: 0o600 + random(8), size: 1 })
      else if (kind === 2) entries.push({ ...common, path, type: 'symlink', mode: 0o777, linkName: 'a' })
      else if (kind <= 5 && depth < 3) {
        entries.push({
          ...common,
          path,
          type: 'directory',
          mode: 0o700 + random(64),
          opaque: random(4) === 0,
        })
        fill(path, depth + 1)
      }
    }
  }
  fill('', 0)
  const files = entries.filter((entry) => entry.kind === 'add' && entry.type === 'file')
  const [first, last] = [files[0], files.at(-1)]
  if (!first || !last || first === last || last.kind !== 'add') return entries
  return entries.map((entry) =>
    entry === last ? { ...last, ...first, path: last.path, hardlink: first.path } : entry,
  )
}

const write =
  (entries: readonly LayerEntry[], random: (below: number) => number) => (writer: LayerTarWriter) => {
    for (const entry of [...entries].sort((x, y) => byTreeOrder(x.path, y.path))) {
      const isFile = entry.kind === 'add' && entry.type === 'file' && entry.hardlink === undefined
      if (isFile) writer.add(entry, { kind: 'bytes', bytes: Buffer.from([65 + random(26)]) })
      else writer.add(entry)
    }
  }

let temp: string
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-random-'))
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

describe('the merged view of random layers', () => {
  it.each(Array.from({ length: 25 }, (_, i) => i))('is what the kernel shows (seed %i)', async (seed) => {
    const { snapshots, root, content } = openRig(join(temp, 'store'), 'overlay')
    const random = randomOf(seed)
    const stack: LayerId[] = []
    for (let i = 0; i < 5; i++) stack.push(snapshots.writeLayer(write(randomLayer(random), random)))
    const fromTars = listTree(snapshots.union(stack))
    const mounted = withMounted(await snapshots.view(stack), listDirectory)
    expect(fromTars).toEqual(mounted)
    const images = openRig(join(temp, 'images'), 'images')
    const same = await transfer({ snapshots, root, content }, images, stack)
    const view = await images.snapshots.view(same)
    expect(view).toMatchObject({ kind: 'overlay', images: expect.any(Map) })
    expect(withMounted(view, listDirectory)).toEqual(mounted)
    expect(listTree(openRig(root, 'overlay').snapshots.union(stack))).toEqual(mounted)
    expect(withMounted(await openRig(root, 'copy').snapshots.view(stack), listDirectory)).toEqual(mounted)
  })
})
