import { InternalError } from '../../foundation/errors/index.ts'
import type { PatchPiece } from './patch-table.ts'

/** Of which pieces a tar in the making consists. */
export interface Pieces {
  /** At byte `position` of the tar begins what stays in the base. */
  stays(position: number, part: { readonly offset: number; readonly size: number }): void
  /** Nothing, when nothing stayed: `size` is that of the whole tar. */
  end(size: number): { readonly pieces?: readonly PatchPiece[] }
}

/** What is not said to stay is the patch's own. */
export const collectPieces = (): Pieces => {
  const pieces: PatchPiece[] = []
  let [position, own] = [0, 0]

  const upTo = (next: number): void => {
    const size = next - position
    if (size < 0) throw new InternalError(`pieces of a tar: ${next} comes after ${position}`)
    if (size > 0) pieces.push({ source: 'own', offset: own, size })
    own += size
    position = next
  }
  return {
    stays(start, { offset, size }) {
      if (size === 0) return
      upTo(start)
      const last = pieces.at(-1)
      const isNext = last?.source === 'base' && last.offset + last.size === offset
      if (isNext) pieces[pieces.length - 1] = { ...last, size: last.size + size }
      else pieces.push({ source: 'base', offset, size })
      position += size
    },
    end(size) {
      if (!pieces.some(({ source }) => source === 'base')) return {}
      upTo(size)
      return { pieces }
    },
  }
}
