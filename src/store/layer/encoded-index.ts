import type { EncodedIndex } from './types.ts'

/** An index file that is made piece by piece, whenever it is asked for. */
export const encodedIndex = (index: {
  readonly made: () => Iterable<Buffer>
  /** Bytes of the file. */
  readonly size: number
  readonly root: EncodedIndex['root']
  readonly implied: boolean
}): EncodedIndex => {
  const { made, size, root, implied } = index
  return {
    get bytes() {
      return joined(made(), size)
    },
    pieces: made,
    root,
    implied,
  }
}

/** An index file that is in memory as a whole. */
export const wholeIndex = (
  bytes: Buffer,
  { root, implied }: Pick<EncodedIndex, 'root' | 'implied'>,
): EncodedIndex => ({ bytes, pieces: () => [bytes], root, implied })

export const joined = (pieces: Iterable<Buffer>, size: number): Buffer => {
  const bytes = Buffer.allocUnsafeSlow(size)
  let at = 0
  for (const piece of pieces) at += piece.copy(bytes, at)
  return bytes
}
