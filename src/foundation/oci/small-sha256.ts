/**
 * SHA-256 (FIPS 180-4) in plain JavaScript, for the few dozen bytes of names and small records: loading node:crypto takes as long
 * as a hundred blocks take here. A block of 64 bytes costs 50 to 70 microseconds in a fresh process.
 */
export const smallSha256 = (bytes: Uint8Array): string => {
  constants ??= makeConstants()
  const padded = pad(bytes)
  const view = new DataView(padded.buffer)
  const state = Int32Array.from(constants.initial)
  for (let at = 0; at < padded.length; at += 64) addBlock(state, view, at, constants.rounds)
  let hex = ''
  for (const word of state) hex += (word >>> 0).toString(16).padStart(8, '0')
  return hex
}

/** Blocks of 64 bytes that `smallSha256` works through for so many bytes. */
export const sha256Blocks = (length: number): number => (length + 72) >>> 6

interface Constants {
  readonly initial: Int32Array
  readonly rounds: Int32Array
}

let constants: Constants | undefined

/** Of the primes up to 311: fractional parts of cube roots (section 4.2.2) and, of the first eight, of square roots (5.3.3). */
const makeConstants = (): Constants => {
  const primes: number[] = []
  for (let n = 2; primes.length < 64; n++) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  }
  const fraction = (n: number): number => ((n % 1) * 0x1_0000_0000) | 0
  return {
    initial: Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))),
    rounds: Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime))),
  }
}

/** Section 5.1.1: a bit, zeros, the length in bits. */
const pad = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
  const padded = new Uint8Array(sha256Blocks(bytes.length) * 64)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  new DataView(padded.buffer).setUint32(padded.length - 4, bytes.length * 8)
  return padded
}

const schedule = new Int32Array(64)

/** Section 6.2.2. Rotations are written out: calls cost more than all else before anything is compiled. */
const addBlock = (state: Int32Array, view: DataView, at: number, rounds: Int32Array): void => {
  const w = schedule
  for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i)
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15] ?? 0
    const y = w[i - 2] ?? 0
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[i] = (w[i - 16] ?? 0) + s0 + (w[i - 7] ?? 0) + s1
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (rounds[i] ?? 0) + (w[i] ?? 0)) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  const sums = [a, b, c, d, e, f, g, h]
  for (let i = 0; i < 8; i++) state[i] = (state[i] ?? 0) + (sums[i] ?? 0)
}
