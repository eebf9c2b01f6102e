import { digestOf } from '../../src/foundation/oci/index.ts'
import { encodePatchEnd, type PatchPiece } from '../../src/store/layer/index.ts'

export interface HandMadePatch {
  /** A tar that has every other piece, the last one first, and something else between them. */
  readonly base: Buffer
  /** The patch file. */
  readonly patch: Buffer
}

/** A patch of which `tar` is made, in pieces that end at `cuts`: the first is the patch's own, the second the base's, and so on. Empty ones are left out. */
export const handMadePatch = (tar: Buffer, cuts: readonly number[]): HandMadePatch => {
  const ends = [...cuts, tar.length]
  const parts = ends.map((end, i) => tar.subarray(ends[i - 1] ?? 0, end))
  let base = Buffer.alloc(1024, 'base')
  const places = new Map<Buffer, number>()
  for (const part of parts.filter((_, i) => i % 2 === 1).toReversed()) {
    places.set(part, base.length)
    base = Buffer.concat([base, part, Buffer.alloc(512, 'other')])
  }
  let own = 0
  const pieces = parts
    .filter(({ length }) => length > 0)
    .map((part): PatchPiece => {
      const inBase = places.get(part)
      if (inBase !== undefined) return { source: 'base', offset: inBase, size: part.length }
      own += part.length
      return { source: 'own', offset: own - part.length, size: part.length }
    })
  const end = encodePatchEnd(pieces, { base: digestOf(base), baseSize: base.length })
  return { base, patch: Buffer.concat([...parts.filter((_, i) => i % 2 === 0), end]) }
}
