import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { digestOf } from '../../../../src/foundation/oci/index.ts'
import { encodePatchEnd, type PatchPiece, readPatch } from '../../../../src/store/layer/index.ts'

const work = mkdtempSync(join(tmpdir(), 'patch-table-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

const base = { base: digestOf('base'), baseSize: 10_240 }
const pieces: readonly PatchPiece[] = [
  { source: 'base', offset: 512, size: 1024 },
  { source: 'own', offset: 0, size: 512 },
  { source: 'base', offset: 4096, size: 2048 },
  { source: 'own', offset: 512, size: 1536 },
]
const own = 2048

const file = (bytes: Uint8Array): string => {
  const path = join(work, 'patch')
  writeFileSync(path, bytes)
  return path
}
const patch = (rows: readonly PatchPiece[] = pieces, ownSize = own): Buffer =>
  Buffer.concat([Buffer.alloc(ownSize, 7), encodePatchEnd(rows, base)])

/** The table is changed and its digest made right again. */
const changed = (change: (bytes: Buffer, table: number, trailer: number) => void): string => {
  const bytes = patch()
  const trailer = bytes.length - 512
  change(bytes, own, trailer)
  createHash('sha256')
    .update(bytes.subarray(own, trailer))
    .digest()
    .copy(bytes, trailer + 72)
  return file(bytes)
}

describe('a patch as it was written', () => {
  const table = readPatch(file(patch()))

  it('says what it is made of', () => {
    expect(table).toMatchObject({ ...base, ownSize: own, tarSize: 5120, pieces })
  })

  it('finds the place of bytes within one piece', () => {
    expect(table.placeOf(0, 1024)).toEqual({ source: 'base', offset: 512 })
    expect(table.placeOf(1024, 512)).toEqual({ source: 'own', offset: 0 })
    expect(table.placeOf(2000, 100)).toEqual({ source: 'base', offset: 4096 + 464 })
    expect(table.placeOf(3584, 1536)).toEqual({ source: 'own', offset: 512 })
    expect(table.placeOf(1024, 0)).toEqual({ source: 'own', offset: 0 })
  })

  it('finds none for bytes of several pieces, or beyond the end', () => {
    expect(table.placeOf(1000, 100)).toBeUndefined()
    expect(table.placeOf(5000, 121)).toBeUndefined()
    expect(table.placeOf(6000, 1)).toBeUndefined()
  })

  it('gives the pieces of a part of the tar', () => {
    expect([...table.between(512, 2048)]).toEqual([
      { source: 'base', offset: 1024, size: 512 },
      { source: 'own', offset: 0, size: 512 },
      { source: 'base', offset: 4096, size: 512 },
    ])
    expect([...table.between(0, 5120)]).toEqual(pieces)
    expect([...table.between(700, 700)]).toEqual([])
    expect(() => [...table.between(5000, 6000)]).toThrow(expect.objectContaining({ code: 'bad-patch' }))
  })
})

describe('a patch that is damaged or made to do harm', () => {
  const bad: Readonly<Record<string, () => string>> = {
    empty: () => file(Buffer.alloc(0)),
    'cut off in its trailer': () => file(patch().subarray(0, -1)),
    'cut off before its end': () => file(patch().subarray(512)),
    'of another kind': () => changed((bytes, _table, trailer) => void bytes.write('tspbatch', trailer)),
    'of a later version': () => changed((bytes, _table, trailer) => void bytes.writeUInt32LE(2, trailer + 8)),
    'with something behind its numbers': () =>
      changed((bytes, _table, trailer) => void bytes.writeUInt8(1, trailer + 511)),
    'with more rows than it has': () =>
      changed((bytes, _table, trailer) => void bytes.writeUInt32LE(0xffff_ffff, trailer + 12)),
    'with a table that is not the one that was written': () => {
      const bytes = patch()
      bytes.writeUInt8(2, own + 1)
      return file(bytes)
    },
    'with a size that is no whole block': () => file(patch([{ source: 'own', offset: 0, size: 2049 }], 2049)),
    'with a place in the middle of a block': () =>
      file(patch([{ source: 'base', offset: 100, size: 512 }, ...pieces])),
    'with a row of nothing': () => file(patch([...pieces, { source: 'base', offset: 0, size: 0 }])),
    'that reaches beyond its base': () =>
      file(patch([...pieces, { source: 'base', offset: 10_240 - 512, size: 1024 }])),
    'that reaches around the end of all numbers': () =>
      changed((bytes, table) => void bytes.writeBigUInt64LE(2n ** 64n - 512n, table + 8)),
    'that has its own bytes twice': () => file(patch([...pieces, { source: 'own', offset: 0, size: 512 }])),
    'that leaves out own bytes': () => file(patch(pieces.slice(0, 3), own)),
    'of a third source': () => changed((bytes, table) => void bytes.writeUInt32LE(2, table + 16)),
    'with something in the unused part of a row': () =>
      changed((bytes, table) => void bytes.writeUInt32LE(1, table + 20)),
    'of another size than its rows': () =>
      changed((bytes, _table, trailer) => void bytes.writeBigUInt64LE(5632n, trailer + 24)),
    'with a size that no number holds': () =>
      changed((bytes, _table, trailer) => void bytes.writeBigUInt64LE(2n ** 60n, trailer + 32)),
  }

  it.for(Object.keys(bad))('is refused: %s', (name) => {
    const path = bad[name]?.() ?? ''
    expect(() => readPatch(path)).toThrow(expect.objectContaining({ code: 'bad-patch' }))
  })

  it('is said to be unreadable when it is not there', () => {
    expect(() => readPatch(join(work, 'none'))).toThrow(expect.objectContaining({ code: 'layer-io' }))
  })
})
