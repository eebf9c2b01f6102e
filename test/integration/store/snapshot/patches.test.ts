import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Digest, digestOf } from '../../../../src/foundation/oci/index.ts'
import { createRecordTable } from '../../../../src/store/records/index.ts'
import { acquireLease, type LayerId, type PruneRoots } from '../../../../src/store/snapshot/index.ts'
import { parseStoredLayer } from '../../../../src/store/snapshot/layer-record.ts'
import { openRig, type StoreRig } from '../../../suites/snapshotter.ts'
import {
  bytesOf,
  type Contents,
  edited,
  fresh,
  type Written,
  writeContents,
} from '../../../support/patched-layers.ts'

let temp: string
let rig: StoreRig
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-patches-'))
  rig = openRig(join(temp, 'store'), 'overlay')
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

const write = (contents: Contents, earlier?: Written): Promise<Written> =>
  writeContents(rig.snapshots, contents, earlier)
const again = (): void => {
  rig = openRig(join(temp, 'store'), 'overlay')
}
const fileOf = (layer: LayerId, name: string): string => join(rig.root, 'layers', layer, name)
const blobs = (): readonly Digest[] => [...rig.content.digests()]
const whole = async (contents: Contents): Promise<Digest> => {
  const other = openRig(mkdtempSync(join(temp, 'other-')), 'overlay')
  const { layer } = await writeContents(other.snapshots, contents)
  return (await other.snapshots.describe(layer)).diffId
}
const contentsIn = (layer: LayerId): readonly (readonly [string, string])[] => {
  const tree = rig.snapshots.union([layer])
  return fresh.flatMap((_, at) =>
    [0, 15].map((file) => {
      const path = `d${at}/f${file}`
      const entry = tree.lookup(`/${path}`)
      if (entry?.type !== 'file') throw new Error(path)
      const content = tree.content(entry)
      if (content.kind !== 'range') throw new Error(path)
      return [
        path,
        digestOf(readFileSync(content.path).subarray(content.offset, content.offset + content.size)),
      ]
    }),
  )
}
const expected = (contents: Contents): readonly (readonly [string, string])[] =>
  contents.flatMap((version, at) =>
    [0, 15].map((file) => [`d${at}/f${file}`, digestOf(bytesOf(at, file, version))] as const),
  )

describe('a layer of which an earlier one has most', () => {
  it('is kept as a patch of the earlier tar, and is the layer that it would be', async () => {
    const first = await write(fresh)
    const contents = edited(fresh, 5, 1)
    const { layer } = await write(contents, first)
    const base = rig.snapshots.get(first.layer)?.blob
    const record = rig.snapshots.get(layer)
    expect(record).toMatchObject({ tree: false, patch: { digest: base?.digest, size: base?.size } })
    expect(record?.blob).toBeUndefined()
    expect(record?.diffId).toBe(await whole(contents))
    expect(blobs()).toEqual([base?.digest])
    expect(statSync(fileOf(layer, 'patch')).size).toBeLessThan(2 << 20)
    expect(contentsIn(layer)).toEqual(expected(contents))
    expect(blobs()).toEqual([base?.digest])
  })

  it('stays a patch of the same tar through edits of edits, until it has too much of its own', async () => {
    let last = await write(fresh)
    const base = rig.snapshots.get(last.layer)?.blob?.digest
    let contents = fresh
    for (let edit = 0; edit < 10; edit++) {
      contents = edited(contents, edit % 2, edit + 1)
      last = await write(contents, last)
      expect(rig.snapshots.get(last.layer)?.patch?.digest).toBe(base)
    }
    expect(blobs()).toEqual([base])
    again()
    expect(contentsIn(last.layer)).toEqual(expected(contents))
    const diffId = await whole(contents)
    expect((await rig.snapshots.describe(last.layer)).diffId).toBe(diffId)
    const tar = await rig.snapshots.tarOf(last.layer)
    expect(digestOf(readFileSync(tar.path))).toBe(diffId)
    contents = edited(contents, 3, 1)
    last = await write(contents, last)
    expect(rig.snapshots.get(last.layer)).toMatchObject({ blob: { digest: await whole(contents) } })
    expect(rig.snapshots.get(last.layer)?.patch).toBeUndefined()
    expect(readdirSync(join(rig.root, 'active'))).toEqual([])
    expect(readdirSync(join(rig.root, 'content/ingest'))).toEqual([])
  })

  it('is found again by who makes the same bytes', async () => {
    const first = await write(fresh)
    const contents = edited(fresh, 5, 1)
    const one = await write(contents, first)
    const two = await write(contents, first)
    expect(two.layer).toBe(one.layer)
    expect(readdirSync(join(rig.root, 'active'))).toEqual([])
    expect(readdirSync(join(rig.root, 'content/ingest'))).toEqual([])
  })

  it('is compressed and handed on as a whole one is', async () => {
    const first = await write(fresh)
    const contents = edited(fresh, 5, 1)
    const { layer } = await write(contents, first)
    const other = openRig(join(temp, 'other'), 'overlay')
    const cold = await writeContents(other.snapshots, contents)
    const gzip = { kind: 'gzip', level: 1 } as const
    const [one, two] = [
      await rig.snapshots.compressedOf(layer, gzip),
      await other.snapshots.compressedOf(cold.layer, gzip),
    ]
    expect([one.digest, one.size]).toEqual([two.digest, two.size])
    expect(rig.snapshots.formsOf(layer).map(({ digest }) => digest)).toEqual([two.digest])
  })

  it('is a patch again when only its tree was left, and knows where its files are', async () => {
    const first = await write(fresh)
    const contents = edited(fresh, 5, 1)
    const { layer } = await write(contents, first)
    rig.snapshots.unpackFromNow()
    await rig.snapshots.prepare([layer])
    for (const name of ['patch', 'index']) rmSync(fileOf(layer, name))
    rmSync(rig.content.pathOf((await rig.snapshots.describe(layer)).diffId))
    again()
    expect(contentsIn(layer)).toEqual(expected(contents))
    expect(rig.snapshots.offersTar(layer)).toBe(false)
    expect((await write(contents, first)).layer).toBe(layer)
    renameSync(fileOf(layer, 'tree'), join(temp, 'tree'))
    again()
    expect(rig.snapshots.get(layer)).toMatchObject({ tree: false, patch: { size: expect.any(Number) } })
    expect(contentsIn(layer)).toEqual(expected(contents))
  })

  it('is made twice at the same time, and is whole both times', async () => {
    const first = await write(fresh)
    const contents = edited(fresh, 5, 1)
    const beside = openRig(join(temp, 'store'), 'overlay')
    const made = await Promise.all([
      write(contents, first),
      writeContents(beside.snapshots, contents, first),
      write(edited(fresh, 6, 1), first),
    ])
    const [one, two] = made
    expect(rig.snapshots.get(one.layer)?.diffId).toBe(rig.snapshots.get(two.layer)?.diffId)
    for (const { layer, contents: its } of made) expect(contentsIn(layer)).toEqual(expected(its))
    expect(blobs()).toHaveLength(1)
    expect(readdirSync(join(rig.root, 'active'))).toEqual([])
    expect(readdirSync(join(rig.root, 'content/ingest'))).toEqual([])
  })

  it('is unpacked and indexed by its tar, which is made for that', async () => {
    const first = await write(fresh)
    const contents = edited(fresh, 5, 1)
    const { layer } = await write(contents, first)
    const index = readFileSync(fileOf(layer, 'index'))
    rmSync(fileOf(layer, 'index'))
    again()
    expect(contentsIn(layer)).toEqual(expected(contents))
    expect(readFileSync(fileOf(layer, 'index')).length).toBe(index.length)
    await rig.snapshots.view([layer])
    rig.snapshots.unpackFromNow()
    await rig.snapshots.prepare([layer])
    expect(digestOf(readFileSync(fileOf(layer, 'tree/d5/f3')))).toBe(digestOf(bytesOf(5, 3, 1)))
    expect(digestOf(readFileSync(fileOf(layer, 'tree/d6/f3')))).toBe(digestOf(bytesOf(6, 3, 0)))
  })

  it('has another stamp when what it is made of was touched', async () => {
    const first = await write(fresh)
    const { layer } = await write(edited(fresh, 5, 1), first)
    const stamp = rig.snapshots.tarStamp(layer)
    await rig.snapshots.tarOf(layer)
    expect(rig.snapshots.tarStamp(layer)).toBe(stamp)
    const base = rig.snapshots.get(layer)?.patch?.digest
    utimesSync(rig.content.pathOf(base ?? (first.contents.join() as never)), 1, 1)
    expect(rig.snapshots.tarStamp(layer)).not.toBe(stamp)
    expect(rig.snapshots.offersTar(layer)).toBe(true)
  })

  it('is none without its base, or with half of it', async () => {
    const first = await write(fresh)
    const { layer } = await write(edited(fresh, 5, 1), first)
    const base = rig.content.pathOf(rig.snapshots.get(layer)?.patch?.digest as Digest)
    const bytes = readFileSync(base)
    rmSync(base)
    writeFileSync(base, bytes)
    truncateSync(base, 4096)
    expect(rig.snapshots.get(layer)).toBeUndefined()
    expect(rig.snapshots.offersTar(layer)).toBe(false)
    rmSync(base)
    expect([...rig.snapshots.list()]).toEqual([])
  })

  it('is made again by the next who makes the same bytes when its patch is damaged', async () => {
    const first = await write(fresh)
    const contents = edited(fresh, 5, 1)
    const made = await write(contents, first)
    truncateSync(fileOf(made.layer, 'patch'), 4096)
    expect(rig.snapshots.offersTar(made.layer)).toBe(false)
    expect((await write(contents, first)).layer).toBe(made.layer)
    again()
    expect(rig.snapshots.offersTar(made.layer)).toBe(true)
    expect(contentsIn(made.layer)).toEqual(expected(contents))
    expect((await rig.snapshots.tarOf(made.layer)).digest).toBe(await whole(contents))
  })

  it('does not become a tar of other bytes', async () => {
    const first = await write(fresh)
    const { layer } = await write(edited(fresh, 5, 1), first)
    const path = fileOf(layer, 'patch')
    const bytes = readFileSync(path)
    bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000)
    rmSync(path)
    writeFileSync(path, bytes)
    await expect(rig.snapshots.tarOf(layer)).rejects.toMatchObject({ code: 'layer-mismatch' })
    expect(blobs()).toHaveLength(1)
    expect(readdirSync(join(rig.root, 'content/ingest'))).toEqual([])
  })
})

describe('what is left of a store of patches', () => {
  const roots = (layers: readonly LayerId[]): PruneRoots => ({
    layersInUse: new Set(layers),
    blobsInUse: new Set(),
  })
  const age = (): void => {
    const table = createRecordTable(join(rig.root, 'records/layers'), parseStoredLayer)
    for (const [id, stored] of [...table.entries()]) table.put(id, { ...stored, created: 1 })
    for (const digest of blobs()) utimesSync(rig.content.pathOf(digest), 1, 1)
  }

  it('keeps the base when the layer that had it is pruned', async () => {
    const first = await write(fresh)
    const contents = edited(fresh, 5, 1)
    const { layer } = await write(contents, first)
    const before = rig.snapshots.usage(layer)
    const base = rig.snapshots.usage(first.layer)
    age()
    await rig.snapshots.pruneUnreferenced(roots([layer]))
    expect([...rig.snapshots.list()].map(({ id }) => id)).toEqual([layer])
    expect(contentsIn(layer)).toEqual(expected(contents))
    // It is the patch's now.
    const size = rig.snapshots.get(layer)?.patch?.size ?? 0
    expect(rig.snapshots.usage(layer)).toBe(before + size)
    expect(base).toBeGreaterThan(size)
    expect([...rig.snapshots.usages().values()]).toEqual([before + size])
    age()
    await rig.snapshots.pruneUnreferenced(roots([]))
    expect(blobs()).toEqual([])
  })

  it('lets go of a base and its patch when the whole tar is on the disk', async () => {
    const first = await write(fresh)
    const { layer } = await write(edited(fresh, 5, 1), first)
    const { digest } = await rig.snapshots.tarOf(layer)
    age()
    await rig.snapshots.pruneUnreferenced(roots([layer]))
    // No sync has covered the tar yet.
    expect(blobs()).toHaveLength(2)
    await rig.snapshots.sync()
    age()
    await rig.snapshots.pruneUnreferenced(roots([layer]))
    expect(blobs()).toEqual([digest])
    expect(existsSync(fileOf(layer, 'patch'))).toBe(false)
    expect(rig.snapshots.get(layer)?.blob?.digest).toBe(digest)
  })

  it('keeps both while somebody may be making another patch of the base', async () => {
    const first = await write(fresh)
    const { layer } = await write(edited(fresh, 5, 1), first)
    const { digest } = await rig.snapshots.tarOf(layer)
    await rig.snapshots.sync()
    age()
    using lease = await acquireLease(rig.root)
    await rig.snapshots.pruneUnreferenced(roots([layer]))
    expect(blobs()).toHaveLength(2)
    expect(rig.snapshots.get(layer)?.patch).toBeDefined()
    lease.release()
    await rig.snapshots.pruneUnreferenced(roots([layer]))
    expect(blobs()).toEqual([digest])
  })

  it('drops the patch of a base that is gone already', async () => {
    const first = await write(fresh)
    const { layer } = await write(edited(fresh, 5, 1), first)
    await rig.snapshots.tarOf(layer)
    rig.content.remove(rig.snapshots.get(layer)?.patch?.digest as Digest)
    await rig.snapshots.pruneUnreferenced(roots([layer]))
    expect(existsSync(fileOf(layer, 'patch'))).toBe(false)
    expect(rig.snapshots.get(layer)?.blob).toBeDefined()
  })

  it('keeps both where a container stands on the layer', async () => {
    const first = await write(fresh)
    const { layer } = await write(edited(fresh, 5, 1), first)
    await rig.snapshots.prepareFor('container', [layer])
    await rig.snapshots.tarOf(layer)
    await rig.snapshots.sync()
    age()
    await rig.snapshots.pruneUnreferenced(roots([]))
    expect(rig.snapshots.get(layer)?.patch).toBeDefined()
    rig.snapshots.removeOwned('container')
    await rig.snapshots.pruneUnreferenced(roots([layer]))
    expect(rig.snapshots.get(layer)?.patch).toBeUndefined()
  })

  it('writes down again by which DiffId a layer is found, when whoever was to do so was killed', async () => {
    const { layer } = await write(fresh)
    const { diffId } = await rig.snapshots.describe(layer)
    createRecordTable(join(rig.root, 'records/diffids'), String).remove(diffId)
    expect(rig.snapshots.findByDiffId(diffId)).toBeUndefined()
    await rig.snapshots.pruneUnreferenced(roots([layer]))
    expect(rig.snapshots.findByDiffId(diffId)?.id).toBe(layer)
  })

  it('offers the tar beside the patch and the patch beside the tar, and drops only one of them', async () => {
    const first = await write(fresh)
    const { layer } = await write(edited(fresh, 5, 1), first)
    const { digest } = await rig.snapshots.tarOf(layer)
    await rig.snapshots.sync()
    age()
    const forms = await rig.snapshots.secondForms()
    // The base, too, has a tar that something stands on.
    expect(forms.map(({ kind, digest: of }) => [kind, of])).toEqual([
      ['tar', digest],
      ['patch', undefined],
    ])
    const dropped = await rig.snapshots.dropForms(forms)
    expect(dropped.map(({ kind }) => kind)).toEqual(['tar'])
    expect(rig.snapshots.get(layer)?.patch).toBeDefined()
  })

  it('does not drop the tar beside a patch that does not make it', async () => {
    const first = await write(fresh)
    const { layer } = await write(edited(fresh, 5, 1), first)
    await rig.snapshots.tarOf(layer)
    await rig.snapshots.sync()
    age()
    const path = fileOf(layer, 'patch')
    const bytes = readFileSync(path)
    bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000)
    rmSync(path)
    writeFileSync(path, bytes)
    const dropped = await rig.snapshots.dropForms(await rig.snapshots.secondForms())
    expect(dropped.map(({ kind }) => kind)).toEqual(['patch'])
    expect(rig.snapshots.get(layer)?.blob).toBeDefined()
  })
})
