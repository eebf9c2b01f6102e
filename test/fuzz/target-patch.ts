import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '../../src/foundation/oci/index.ts'
import { encodePatchEnd, type PatchPiece, type PatchTable, readPatch } from '../../src/store/layer/index.ts'
import { must, type Target } from './types.ts'

const facts = { base: digestOf('base'), baseSize: 8192 }
const base = (offset: number, size: number): PatchPiece => ({ source: 'base', offset, size })
const own = (offset: number, size: number): PatchPiece => ({ source: 'own', offset, size })

const patchOf = (pieces: readonly PatchPiece[]): Buffer => {
  const size = pieces.reduce((sum, piece) => sum + (piece.source === 'own' ? piece.size : 0), 0)
  return Buffer.concat([Buffer.alloc(size, 7), encodePatchEnd(pieces, facts)])
}

const u64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes
}

const trailerSize = 512

/** The digest of the table, which begins where the trailer says. */
const mend = (input: Buffer): Buffer => {
  const trailer = input.length - trailerSize
  if (trailer < 0) return input
  const begin = Number(input.readBigUInt64LE(trailer + 16))
  if (begin > trailer) return input
  const mended = Buffer.from(input)
  createHash('sha256')
    .update(mended.subarray(begin, trailer))
    .digest()
    .copy(mended, trailer + 72)
  return mended
}

/** What it says of each byte is what its pieces say. */
const check = (table: PatchTable): void => {
  let position = 0
  for (const { source, offset, size } of table.pieces) {
    const limit = source === 'own' ? table.ownSize : table.baseSize
    must(size > 0 && offset + size <= limit, 'a piece lies outside of its source')
    const place = table.placeOf(position, size)
    must(place?.source === source && place.offset === offset, 'a piece lies elsewhere')
    position += size
  }
  must(position === table.tarSize, 'the pieces are not the tar')
  let whole = 0
  for (const { size } of table.between(0, table.tarSize)) whole += size
  must(whole === table.tarSize, 'the tar has gaps')
}

/** The reader of patches of layers. */
export const patchTarget: Target = {
  name: 'patch',
  seeds: () =>
    [
      [base(512, 1024), own(0, 512), base(4096, 2048), own(512, 1536)],
      [own(0, 1024), base(0, 8192), own(1024, 1024)],
      [base(0, 8192)],
    ].map(patchOf),
  words: [0n, 1n, 512n, 513n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 512n].map(u64),
  mend,
  read: (input) => {
    const place = mkdtempSync(join(tmpdir(), 'fuzz-patch-'))
    try {
      const path = join(place, 'patch')
      writeFileSync(path, input)
      const table = readPatch(path)
      check(table)
      return [`ok, ${Math.min(4, table.pieces.length)} pieces`]
    } finally {
      rmSync(place, { recursive: true })
    }
  },
}
