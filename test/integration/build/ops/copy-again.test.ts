import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../../../../src/engine/store.ts'
import type { CopySubtree } from '../../../../src/store/snapshot/index.ts'
import { buildIn, emptyStore } from '../../../support/build-rig.ts'

let context: string
beforeEach(() => {
  context = mkdtempSync(join(tmpdir(), 'tsbuild-again-'))
  // So many names that the stat cache is asked (worthAsking).
  for (let d = 0; d < 24; d++) {
    const directory = `d${d % 4}/e${d}/deep`
    mkdirSync(at(directory), { recursive: true })
    for (let f = 0; f < 90; f++) writeFileSync(at(`${directory}/../f${f}`), `${d} ${f}\n`.repeat(f))
    writeFileSync(at(`${directory}/below`), `${d}`)
  }
  symlinkSync('e0/f1', at('d0/link'))
})
afterEach(() => rmSync(context, { recursive: true, force: true }))

const at = (path: string): string => join(context, path)
const text = 'FROM scratch\nCOPY . /app\n'

/** Builds, and tells which directories of the layer were taken from an earlier one. */
const buildWith = async (store: Store, dockerfile = text) => {
  // Younger stamps are not believed.
  await new Promise((resolve) => setTimeout(resolve, 80))
  const taken: string[] = []
  const { snapshots } = store
  const watched = {
    ...store,
    snapshots: {
      ...snapshots,
      writeLargeLayer: ((size, write, meanwhile) =>
        snapshots.writeLargeLayer(
          size,
          (writer, copy) => {
            const noting: CopySubtree = (from) => {
              taken.push(from.path)
              copy(from)
            }
            return write(writer, noting)
          },
          meanwhile,
        )) satisfies typeof snapshots.writeLargeLayer,
    },
  }
  const { image } = await buildIn(watched, context, dockerfile)
  const top = image.stack.at(-1)
  return { taken, layer: top === undefined ? undefined : await snapshots.describe(top) }
}

const cold = async (dockerfile = text) => {
  using store = emptyStore()
  return (await buildWith(store, dockerfile)).layer
}

const swap = (one: string, other: string): void => {
  renameSync(at(one), at('between'))
  renameSync(at(other), at(one))
  renameSync(at('between'), at(other))
}

/** What the key of a COPY says nothing of is no reason to build again. */
const inOtherWays = (edit: () => void): void => {
  edit()
  appendFileSync(at('d1/e17/f7'), 'more')
}

const edits: readonly (readonly [string, () => void])[] = [
  ['a file has other bytes', () => appendFileSync(at('d1/e5/f7'), 'more')],
  ['a file was touched', () => inOtherWays(() => utimesSync(at('d2/e2/f3'), 1e9, 1e9))],
  ['a file has another mode', () => chmodSync(at('d3/e3/f9'), 0o755)],
  ['a file came', () => writeFileSync(at('d0/e4/new'), 'new')],
  ['a file went', () => rmSync(at('d0/e8/f1'))],
  ['a file lies deep', () => writeFileSync(at('d1/e1/deep/below'), 'other')],
  ['a directory was renamed', () => renameSync(at('d1/e9'), at('d1/f9'))],
  ['a directory went', () => rmSync(at('d2/e6'), { recursive: true })],
  [
    'a file became a directory',
    () => {
      rmSync(at('d3/e7/f0'))
      mkdirSync(at('d3/e7/f0'))
    },
  ],
  [
    'a directory became a file',
    () => {
      rmSync(at('d3/e11'), { recursive: true })
      writeFileSync(at('d3/e11'), '')
    },
  ],
  [
    'a link leads elsewhere',
    () => {
      rmSync(at('d0/link'))
      symlinkSync('e4', at('d0/link'))
    },
  ],
  ['a file has a second name in another directory', () => linkSync(at('d0/e0/f1'), at('d2/e2/hard'))],
  ['one of two names went', () => rmSync(at('d0/e0/f1'))],
  ['a directory has another mode', () => chmodSync(at('d1/e13/deep'), 0o700)],
  [
    'a file has other bytes, but its size and its times',
    () => {
      const { size, atime, mtime } = statSync(at('d1/e5/f40'))
      writeFileSync(at('d1/e5/f40'), Buffer.alloc(size, 'x'))
      utimesSync(at('d1/e5/f40'), atime, mtime)
    },
  ],
  ['two files changed places', () => swap('d2/e10/f20', 'd2/e18/f30')],
  ['two directories changed places', () => swap('d3/e15', 'd0/e16')],
  ['a file has another owner', () => inOtherWays(() => chownSync(at('d2/e14/f8'), 5, 6))],
  [
    'a file is no longer another name of one',
    () => {
      linkSync(at('d0/e0/f2'), at('d0/e4/hard'))
      rmSync(at('d2/e2/hard'))
      writeFileSync(at('d2/e2/hard'), 'a file of its own')
    },
  ],
  [
    'a directory became a link',
    () => {
      rmSync(at('d3/e19'), { recursive: true })
      symlinkSync('e3', at('d3/e19'))
    },
  ],
  ['other files are left out', () => writeFileSync(at('.dockerignore'), '**/f33\n')],
]

describe('a file so large that the helper reads it', () => {
  it('has the digest of its bytes, and is known when it comes again', async () => {
    using store = emptyStore()
    const bytes = Buffer.alloc((64 << 20) + 5, 'large ')
    writeFileSync(at('large'), bytes)
    const dockerfile = 'FROM scratch\nCOPY large /large\n'
    await buildWith(store, dockerfile)
    const { image, cached } = await buildIn(store, context, dockerfile)
    expect(cached).toHaveLength(1)
    const tree = store.snapshots.union(image.stack)
    const entry = tree.lookup('large')
    expect(entry && tree.contentDigest(entry)).toBe(createHash('sha256').update(bytes).digest('hex'))
  })
})

describe('a directory copied again', () => {
  it('gives the layer that a first build gives, whatever has changed', async () => {
    using store = emptyStore()
    expect((await buildWith(store)).layer).toEqual(await cold())
    for (const [what, edit] of edits) {
      edit()
      const again = await buildWith(store)
      expect(again.layer, what).toEqual(await cold())
      if (!what.includes('left out')) expect(again.taken.length, what).toBeGreaterThan(2)
    }
  })
  it('takes over what has not changed, and nothing of a directory that has', async () => {
    using store = emptyStore()
    await buildWith(store)
    appendFileSync(at('d1/e5/f7'), 'more')
    const { taken } = await buildWith(store)
    expect(taken).toEqual(
      expect.arrayContaining(['app/d0', 'app/d2', 'app/d3', 'app/d1/e1', 'app/d1/e5/deep']),
    )
    expect(taken).not.toContain('app/d1')
    expect(taken).not.toContain('app/d1/e5')
  })
  it('is read again when the tar that it stands in has been changed, so that damage does not spread', async () => {
    using store = emptyStore()
    const { layer } = await buildWith(store)
    const path = layer && store.content.pathOf(layer.diffId)
    if (path === undefined) throw new Error('no tar')
    const { atime, mtime } = statSync(path)
    const bytes = readFileSync(path)
    // Far from what changes, of the same size, and as old as it was.
    bytes.write('damaged', bytes.indexOf('3 50\n3 50\n'))
    writeFileSync(path, bytes)
    utimesSync(path, atime, mtime)
    appendFileSync(at('d1/e5/f7'), 'more')
    const again = await buildWith(store)
    expect(again.layer).toEqual(await cold())
    expect(again.taken).toEqual([])
    appendFileSync(at('d1/e5/f7'), 'and more')
    expect((await buildWith(store)).taken.length).toBeGreaterThan(2)
  })
  it('is read again for another owner, mode or place', async () => {
    using store = emptyStore()
    await buildWith(store)
    for (const line of [
      'COPY --chown=7:8 . /app',
      'COPY --chmod=700 . /app',
      'COPY . /other',
      'COPY d1 /app',
      'COPY --exclude=**/f4* . /app',
      'COPY --parents d1 /app',
      'COPY d0 d1 /app/',
      'COPY . /app\nCOPY d1 /app/d2',
    ]) {
      const { taken, layer } = await buildWith(store, `FROM scratch\n${line}\n`)
      expect(taken, line).toEqual([])
      expect(layer, line).toEqual(await cold(`FROM scratch\n${line}\n`))
    }
  })
  it('is what it was touched to, when a cached build came between', async () => {
    using store = emptyStore()
    await buildWith(store)
    execFileSync('find', [at('d2'), '-type', 'f', '-exec', 'touch', '-d', '@1234567890', '{}', '+'])
    await buildWith(store)
    appendFileSync(at('d1/e5/f7'), 'more')
    const { taken, layer } = await buildWith(store)
    expect(taken).not.toContain('app/d2')
    expect(taken).toContain('app/d3')
    expect(layer).toEqual(await cold())
  })
  it('is read again when the earlier layer is gone', async () => {
    using store = emptyStore()
    await buildWith(store)
    appendFileSync(at('d1/e5/f7'), 'more')
    for (const { id } of [...store.snapshots.list()]) store.snapshots.remove(id)
    const { taken, layer } = await buildWith(store)
    expect(taken).toEqual([])
    expect(layer).toEqual(await cold())
  })
})
