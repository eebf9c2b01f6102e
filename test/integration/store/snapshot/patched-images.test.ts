import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RootMount } from '../../../../src/foundation/native/index.ts'
import { type Digest, digestOf } from '../../../../src/foundation/oci/index.ts'
import { bootId } from '../../../../src/foundation/sys/index.ts'
import { encodePatchEnd, readPatch } from '../../../../src/store/layer/index.ts'
import type { LayerId } from '../../../../src/store/snapshot/index.ts'
import { busyboxLayer, openRig, type StoreRig } from '../../../suites/snapshotter.ts'
import { plainProcess, plainRequest, run } from '../../../support/container-request.ts'
import { withMounted } from '../../../support/mounted.ts'
import {
  bytesOf,
  edited,
  fileSize,
  fresh,
  type Written,
  writeContents,
} from '../../../support/patched-layers.ts'

let temp: string
let rig: StoreRig
let first: Written
let layer: LayerId
const contents = edited(fresh, 5, 1)
beforeEach(async () => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-patched-images-'))
  rig = openRig(join(temp, 'store'), 'overlay')
  first = await writeContents(rig.snapshots, fresh)
  layer = (await writeContents(rig.snapshots, contents, first)).layer
  expect(rig.snapshots.get(layer)?.patch).toBeDefined()
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

const bed = { path: '', lower: '', upper: '', work: '', [Symbol.dispose]: () => undefined }
const sh = (root: RootMount, script: string) =>
  run(plainRequest(bed, plainProcess(['sh', '-euc', script]), { root }))
const imagesOf = (root: RootMount) => (root.kind === 'overlay' && [...(root.images ?? [])]) || []
const patchOf = (): string => join(rig.root, 'layers', layer, 'patch')
const imagesOnDisk = (): readonly string[] =>
  readdirSync(join(rig.root, 'layers', layer)).filter((name) => name.startsWith('image-'))
const blobs = (): readonly Digest[] => [...rig.content.digests()]
const expectContents = (root: string): void => {
  for (const [at, version] of contents.entries())
    for (const file of [0, 9, 15]) {
      const found = readFileSync(join(root, `d${at}/f${file}`))
      expect(digestOf(found), `d${at}/f${file}`).toBe(digestOf(bytesOf(at, file, version)))
    }
}

describe('a layer that is kept as a patch', () => {
  it('is mounted as an image over the tar of its base and its patch: its whole tar is not made', async () => {
    const before = blobs()
    const view = await rig.snapshots.view([layer])
    const base = rig.content.pathOf(rig.snapshots.get(layer)?.patch?.digest as Digest)
    const [[image, { data }] = ['', { data: [] }]] = imagesOf(view)
    expect(data).toEqual([base, patchOf()])
    expect(basename(image)).toMatch(new RegExp(`^image-${bootId()}-[0-9a-f]{24}$`))
    withMounted(view, expectContents)
    expect(blobs()).toEqual(before)
    expect(rig.snapshots.get(layer)).toMatchObject({ tree: false })
    expect(rig.snapshots.usage(layer)).toBeGreaterThan(readFileSync(image).length)
  })
  it('is written over by containers and steps', async () => {
    const active = await rig.snapshots.prepare([await busyboxLayer(rig.snapshots), layer])
    const script = 'rm -r /d3; cat /d5/f1 /d6/f1 | wc -c; echo x >> /d6/f2; wc -c < /d6/f2'
    expect((await sh(active.root, script)).stdout).toBe(`${2 * fileSize}\n${fileSize + 2}\n`)
    const top = await active.commit()
    const tree = rig.snapshots.union([layer, top])
    expect(tree.lookup('/d3')).toBeUndefined()
    expect(tree.lookup('/d6/f2')).toMatchObject({ size: fileSize + 2 })
    expect(tree.lookup('/d5/f1')).toMatchObject({ size: fileSize })
  })
  it('goes on with its image when its whole tar is there as well, and has one over that otherwise', async () => {
    const [[image] = ['']] = imagesOf(await rig.snapshots.view([layer]))
    const tar = await rig.snapshots.tarOf(layer)
    expect(imagesOf(await rig.snapshots.view([layer])).map(([path]) => path)).toEqual([image])
    rmSync(image)
    writeFileSync(join(dirname(image), 'image-other-boot'), '')
    writeFileSync(`${image}.0123456789abcdef.tmp`, '')
    rig.snapshots.unpackFromNow()
    rig = openRig(rig.root, 'images')
    const view = await rig.snapshots.view([layer])
    expect(imagesOf(view).map(([, { data }]) => data)).toEqual([[tar.path]])
    withMounted(view, expectContents)
    expect(imagesOnDisk()).toEqual([`image-${bootId()}`])
  })
  it('does not go on with its image when its patch is another one', async () => {
    expect(imagesOf(await rig.snapshots.view([layer]))).toHaveLength(1)
    replacePatch((pieces) => pieces.flatMap(halved))
    // A file lies in two pieces now: no image can have it.
    const view = await rig.snapshots.view([layer])
    expect(imagesOf(view)).toEqual([])
    expect(rig.snapshots.get(layer)).toMatchObject({ tree: true, blob: expect.anything() })
    withMounted(view, expectContents)
  })
  it('is not mounted by a damaged table', async () => {
    const bytes = readFileSync(patchOf())
    bytes[bytes.length - 520] = (bytes[bytes.length - 520] ?? 0) ^ 1
    rmSync(patchOf())
    writeFileSync(patchOf(), bytes)
    await expect(rig.snapshots.view([layer])).rejects.toMatchObject({ code: 'bad-patch' })
    expect(existsSync(join(rig.root, 'layers', layer, 'tree'))).toBe(false)
  })
  it('is not mounted by a patch of another base', async () => {
    await rig.snapshots.view([layer])
    replacePatch((pieces) => pieces, { base: digestOf('another') })
    await expect(rig.snapshots.view([layer])).rejects.toMatchObject({ code: 'bad-patch' })
  })
})

type Pieces = ReturnType<typeof readPatch>['pieces']

/** Members begin with a piece: this is in the first file, also behind the header of a directory. */
const cut = 2048

const halved = ({ source, offset, size }: Pieces[number]): Pieces =>
  size <= cut
    ? [{ source, offset, size }]
    : [
        { source, offset, size: cut },
        { source, offset: offset + cut, size: size - cut },
      ]

const replacePatch = (change: (pieces: Pieces) => Pieces, facts: { readonly base?: Digest } = {}): void => {
  const table = readPatch(patchOf())
  const own = readFileSync(patchOf()).subarray(0, table.ownSize)
  rmSync(patchOf())
  writeFileSync(patchOf(), Buffer.concat([own, encodePatchEnd(change(table.pieces), { ...table, ...facts })]))
}
