import type { Spool } from '../../foundation/sys/index.ts'

/** Bytes in pieces, one behind the other. Only the last ones are in memory when there is a spool that takes the others. */
export interface BytePieces {
  /** Keeps a piece. The result is an earlier one that need not be in memory any more, to be used again. */
  add(piece: Buffer): Buffer | undefined
  /** Puts bytes in the place of others, within one piece; `at` counts from the beginning of all. */
  patch(at: number, bytes: Uint8Array): void
  /** One after another; each is valid until the next one is asked for. */
  all(): Generator<Buffer>
  /** By its number, of pieces of one length; valid until `readAgain` others have been asked for. */
  piece(number: number): Buffer
  /** Bytes in memory. */
  held(): number
}

interface Piece {
  readonly start: number
  readonly length: number
  /** Undefined: in the spool, at `place`. */
  bytes: Buffer | undefined
  place: number
}

/** Pieces that are kept once they were read back. */
const readAgain = 8

/** @param most pieces in memory while there is a spool */
export const createBytePieces = (most: number, spool: Spool | undefined): BytePieces => {
  const pieces: Piece[] = []
  const loaded = new Map<number, Buffer>()
  let inSpool = 0
  let length = 0

  const letGo = (): Buffer | undefined => {
    const piece = pieces[inSpool]
    if (spool === undefined || pieces.length - inSpool <= most || piece?.bytes === undefined) return undefined
    const { bytes } = piece
    const place = spool.append(bytes)
    if (place === undefined) return undefined
    piece.place = place
    piece.bytes = undefined
    inSpool += 1
    return bytes
  }
  const load = (number: number, { place, length }: Piece): Buffer => {
    const [first] = loaded.size < readAgain ? [] : loaded
    if (first) loaded.delete(first[0])
    const bytes = first?.[1] ?? Buffer.allocUnsafeSlow(length)
    spool?.read(bytes, place)
    loaded.set(number, bytes)
    return bytes
  }
  /** The number of the last piece that begins at or before a byte. */
  const numberAt = (at: number): number => {
    let low = 0
    for (let high = pieces.length - 1; low < high; ) {
      const middle = (low + high + 1) >>> 1
      if ((pieces[middle]?.start ?? 0) <= at) low = middle
      else high = middle - 1
    }
    return low
  }
  return {
    add(bytes) {
      pieces.push({ start: length, length: bytes.length, bytes, place: 0 })
      length += bytes.length
      return letGo()
    },
    patch(at, bytes) {
      const piece = pieces[numberAt(at)]
      if (piece?.bytes) piece.bytes.set(bytes, at - piece.start)
      else if (piece) spool?.write(bytes, piece.place + at - piece.start)
    },
    *all() {
      let buffer = Buffer.alloc(0)
      for (const { bytes, length, place } of pieces) {
        if (bytes === undefined && buffer.length < length) buffer = Buffer.allocUnsafeSlow(length)
        const read = buffer.subarray(0, length)
        if (bytes === undefined) spool?.read(read, place)
        yield bytes ?? read
      }
    },
    piece(number) {
      const piece = pieces[number]
      if (piece === undefined) throw new RangeError(`there is no piece ${number}`)
      return piece.bytes ?? loaded.get(number) ?? load(number, piece)
    },
    held() {
      const kept = pieces.map(({ bytes }) => bytes?.buffer.byteLength ?? 0)
      const again = [...loaded.values()].map(({ length }) => length)
      return [...kept, ...again].reduce((sum, size) => sum + size, 0)
    },
  }
}
