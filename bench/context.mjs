import { randomBytes, randomFillSync } from 'node:crypto'
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** A directory with a Dockerfile and files, on the file system of the inputs. */
export const writeContext = (lab, name, dockerfile, files = {}) => {
  const directory = join(lab.inputs, name)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'Dockerfile'), dockerfile)
  for (const [path, text] of Object.entries(files)) writeFileSync(join(directory, path), text)
  return directory
}

/** Pseudo-random numbers below 2^32: the same seed gives the same ones (xorshift). */
const numbers = (seed) => {
  let state = 0x9e3779b9
  for (const character of seed) state = Math.imul(state ^ character.codePointAt(0), 0x01000193) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** Words in no order, which compress about as well as program text. */
const words = (length, next) => {
  const dictionary = Array.from({ length: 4000 }, () =>
    next()
      .toString(36)
      .slice(0, 2 + (next() % 6)),
  )
  const block = Buffer.alloc(length)
  for (let at = 0; at < length; )
    at += block.write(`${dictionary[next() % dictionary.length]}${next() % 9 ? ' ' : '\n'}`, at) || length
  return block
}

/**
 * `count` files of 2 to 6 KiB, 100 to a directory. The same seed gives the same bytes; another seed gives other bytes in
 * every file.
 */
export const fillContext = (context, count, seed) => {
  const block = words(1 << 20, numbers(seed))
  for (let i = 0; i < count; i++) {
    const directory = join(context, `d${Math.floor(i / 100)}`)
    if (i % 100 === 0) mkdirSync(directory, { recursive: true })
    const start = (i * 4099) % ((1 << 20) - (6 << 10))
    const text = block.subarray(start, start + (2 << 10) + ((i * 977) % (4 << 10)))
    writeFileSync(join(directory, `f${i}.txt`), Buffer.concat([Buffer.from(`file ${i} of ${seed}\n`), text]))
  }
}

/** Changes one file in the middle of such a context. */
export const changeOneFile = (context, count, text) => {
  const i = Math.floor(count / 2)
  writeFileSync(join(context, `d${Math.floor(i / 100)}`, `f${i}.txt`), text)
}

/** A file of bytes that do not compress, other ones each time. */
export const fillBigFile = (context, name, bytes) => {
  const file = openSync(join(context, name), 'w')
  const block = randomBytes(Math.min(bytes, 64 << 20))
  try {
    for (let written = 0; written < bytes; ) {
      // Each block is another one, and none repeats within a window of a compressor.
      for (let at = 0; at < block.length; at += 4096) block.writeUInt32LE((written ^ at) >>> 0, at)
      written += writeSync(file, block, 0, Math.min(block.length, bytes - written))
    }
  } finally {
    closeSync(file)
  }
}

/** A file that is half noise and half words, in turns of a mebibyte: other bytes for each seed, and none twice. */
export const fillMixedFile = (context, name, bytes, seed) => {
  const text = words(1 << 20, numbers(seed))
  const noise = Buffer.alloc(1 << 20)
  const file = openSync(join(context, name), 'w')
  try {
    for (let written = 0, turn = 0; written < bytes; turn++) {
      text.write(`block ${turn} of ${seed}\n`)
      const block = turn % 2 ? text : randomFillSync(noise)
      written += writeSync(file, block, 0, Math.min(block.length, bytes - written))
    }
  } finally {
    closeSync(file)
  }
}
