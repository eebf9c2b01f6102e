import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { digestOf, hexOf } from '../../../../src/foundation/oci/index.ts'
import { encodeImage, encodeIndex, type IndexEntry, readPatch } from '../../../../src/store/layer/index.ts'
import { bedsOfTests, plainProcess, plainRequest, run } from '../../../support/container-request.ts'
import { handMadePatch } from '../../../support/hand-made-patch.ts'
import { mountsFiles } from '../../../support/mounts-files.ts'

const makeBed = bedsOfTests()
let temp: string
beforeEach(() => {
  temp = mkdtempSync(join(tmpdir(), 'tsbuild-patched-'))
})
afterEach(() => rmSync(temp, { recursive: true, force: true }))

/** Sizes of files whose bytes stand one after the other, each from the beginning of a block. */
const sizes = [3, 512, 4096, 0, 4097, 700_001, 1, 8192, 12_345]

const layer = () => {
  const entries: IndexEntry[] = []
  const starts: number[] = []
  let end = 0
  for (const [i, size] of sizes.entries()) {
    const base = { kind: 'add', mode: 0o644, uid: 0, gid: 0, mtime: 0, mtimeNsec: 0 } as const
    entries.push({ ...base, path: `f${i}`, type: 'file', size, offset: end })
    starts.push(end)
    end += Math.ceil(size / 512) * 512
  }
  return { index: Buffer.from(encodeIndex(entries)), starts, tar: randomBytes(end) }
}

it.each(
  (mountsFiles(tmpdir()) ? (['files', 'loops'] as const) : (['loops'] as const)).flatMap((backing) =>
    [[], [0], [1], [2, 5], [1, 2, 4, 5, 6, 7, 8]].map((cuts) => [backing, cuts] as const),
  ),
)(
  'an image of a patch, from %s, has all files, where pieces begin with those of number %j',
  async (backing, cuts) => {
    const { index, starts, tar } = layer()
    const paths = { image: join(temp, 'image'), base: join(temp, 'base'), patch: join(temp, 'patch') }
    const { base, patch } = handMadePatch(
      tar,
      cuts.map((file) => starts[file] ?? 0),
    )
    writeFileSync(paths.base, base)
    writeFileSync(paths.patch, patch)
    writeFileSync(paths.image, encodeImage(index, tar.length, readPatch(paths.patch)) ?? '')
    const bed = makeBed()
    const images = new Map([[paths.image, { backing, data: [paths.base, paths.patch] }]])
    const root = { kind: 'overlay', lower: [paths.image, bed.lower], images } as const
    const ran = await run(plainRequest(bed, plainProcess(['sh', '-c', 'sha256sum /f*']), { root }))
    const expected = sizes.map((size, i) => {
      const start = starts[i] ?? 0
      return `${hexOf(digestOf(tar.subarray(start, start + size)))}  /f${i}\n`
    })
    expect(ran.stdout).toBe(expected.join(''))
    expect(readFileSync(paths.patch).equals(patch)).toBe(true)
  },
)
