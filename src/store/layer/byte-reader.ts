/** Bytes that come in chunks of any size, taken in pieces of exact size. */
export interface ByteReader {
  /** The next `count` bytes; fewer only at the end. */
  take(count: number): Promise<Buffer>
}

export const createByteReader = (chunks: AsyncIterable<Uint8Array>): ByteReader => {
  const iterator = chunks[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array()
  return {
    take: async (count) => {
      if (rest.length >= count) {
        const piece = rest.subarray(0, count)
        rest = rest.subarray(count)
        return Buffer.from(piece.buffer, piece.byteOffset, count)
      }
      const pieces = [rest]
      let missing = count - rest.length
      rest = new Uint8Array()
      while (missing > 0) {
        const next = await iterator.next()
        if (next.done === true) break
        const taken = Math.min(missing, next.value.length)
        pieces.push(next.value.subarray(0, taken))
        rest = next.value.subarray(taken)
        missing -= taken
      }
      return Buffer.concat(pieces)
    },
  }
}
