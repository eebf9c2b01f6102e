// Blocks that deflate would not make smaller: noise, pictures, what is compressed already. They are told by integers alone, so
// that the same bytes are stored everywhere, and looking for them takes a tenth of the time of coding them.
import { crc32 } from 'node:zlib'

/** Below this many bytes the counts say little, and coding costs nothing. */
const leastSize = 16 * 1024
/** How far back deflate looks (RFC 1951, 2). */
const window = 32 * 1024
/** Looking at places that are multiples of one for what was noted at multiples of the other finds any distance sooner or later. */
const noteEvery = 32
const lookEvery = 33
/** Repetitions found: about so many KiB of a block repeat. */
const mostRepeats = 8
const tableBits = 14

/**
 * @param {Uint8Array} block at most 16 MiB
 * @returns {boolean} whether coding could gain about half a percent at most: its bytes are evenly spread and hardly anything repeats
 */
export const isNoise = (block) => block.length >= leastSize && !repeats(block) && isEven(block)

/** @param {Uint8Array} block */
const repeats = (block) => {
  const bytes = new DataView(block.buffer, block.byteOffset, block.length)
  const noted = new Int32Array(1 << tableBits).fill(-window - 1)
  const last = block.length - 4
  let found = 0
  let note = 0
  for (let at = 0; at <= last; at += lookEvery) {
    for (; note < at; note += noteEvery) noted[placeOf(bytes.getUint32(note, true))] = note
    const value = bytes.getUint32(at, true)
    const before = noted[placeOf(value)] ?? -window - 1
    if (at - before > window || bytes.getUint32(before, true) !== value) continue
    if (++found > mostRepeats) return true
  }
  return false
}

/** @param {number} value */
const placeOf = (value) => Math.imul(value, 0x9e3779b1) >>> (32 - tableBits)

/**
 * The sum of the squares of the counts is the least when all bytes are equally frequent; a sixteenth more costs about 0.05 bits a byte.
 * @param {Uint8Array} block
 */
const isEven = (block) => {
  const counts = new Uint32Array(256)
  for (let at = 0; at < block.length; at++) counts[block[at]]++
  const squares = counts.reduce((sum, count) => sum + count * count, 0)
  // All below 2^53: exact.
  return squares * 256 * 16 <= block.length * block.length * 17
}

/** Bytes in one stored deflate block at most (RFC 1951, 3.2.4). */
const maxStored = 0xffff

/**
 * A gzip member (RFC 1952) with the block as it is.
 * @param {Uint8Array} block
 * @returns {Uint8Array}
 */
export const storedMember = (block) => {
  const pieces = Math.max(1, Math.ceil(block.length / maxStored))
  const member = Buffer.allocUnsafeSlow(10 + pieces * 5 + block.length + 8)
  // No flags, no time, no name; operating system unknown.
  let at = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]).copy(member)
  for (let from = 0, piece = 1; piece <= pieces; piece++, from += maxStored) {
    const bytes = block.subarray(from, from + maxStored)
    at = member.writeUInt8(piece === pieces ? 1 : 0, at)
    at = member.writeUInt16LE(bytes.length, at)
    at = member.writeUInt16LE(bytes.length ^ 0xffff, at)
    member.set(bytes, at)
    at += bytes.length
  }
  at = member.writeUInt32LE(crc32(block), at)
  member.writeUInt32LE(block.length, at)
  return member
}
