/** Bits of a buffer, the highest of each byte first. */
export interface BitReader {
  /** The next `count` bits (at most 24) as a number. Throws `OutOfBits`. */
  take(count: number): number
  /** The next `count` bits (at most 24) without taking them; zeros after the end. */
  peek(count: number): number
  /** Bits taken since the start of the buffer. */
  position(): number
}

/** The buffer has ended in the middle of something. */
export class OutOfBits extends Error {}

export const createBitReader = (bytes: Uint8Array, start: number): BitReader => {
  let at = start >> 3
  /** Bits of `window` that are valid, from the top of its lower 32. */
  let window = 0
  let valid = 0
  const fill = (count: number): void => {
    while (valid < count) {
      window = ((window << 8) | (bytes[at++] ?? 0)) >>> 0
      valid += 8
    }
  }
  const peek = (count: number): number => {
    fill(count)
    return (window >>> (valid - count)) & ((1 << count) - 1)
  }
  const take = (count: number): number => {
    const bits = peek(count)
    valid -= count
    if (at - (valid >> 3) > bytes.length) throw new OutOfBits()
    return bits
  }
  take(start & 7)
  return { take, peek, position: () => at * 8 - valid }
}
