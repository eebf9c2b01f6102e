import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A directory with a Dockerfile and files. */
export const writeContext = (lab, name, dockerfile, files = {}) => {
  const directory = join(lab.directory, name)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'Dockerfile'), dockerfile)
  for (const [path, text] of Object.entries(files)) writeFileSync(join(directory, path), text)
  return directory
}

/**
 * `count` files of 2 to 6 KiB, 100 to a directory, below `files/` of the context. The same seed gives the same bytes;
 * another seed gives other bytes in every file.
 */
export const fillContext = (context, count, seed) => {
  const block = Buffer.alloc(6 << 10)
  for (let i = 0; i < block.length; i++) block[i] = 97 + ((i * 31 + (i >> 7)) % 26)
  for (let i = 0; i < count; i++) {
    const directory = join(context, 'files', `d${Math.floor(i / 100)}`)
    if (i % 100 === 0) mkdirSync(directory, { recursive: true })
    block.write(`file ${i} of seed ${seed}\n`)
    writeFileSync(join(directory, `f${i}.txt`), block.subarray(0, (2 << 10) + ((i * 977) % (4 << 10))))
  }
}
