// The thread of hash-aside.ts: hashes one file, for whoever sleeps on the first word of `shared`; the second one grows meanwhile.
// JavaScript, since Node 20 runs no TypeScript in a thread.
import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

const { path, size, shared } = workerData
const state = new Int32Array(shared, 0, 2)

const hash = () => {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  const fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    if (!fstatSync(fd).isFile()) return undefined
    const buffer = Buffer.allocUnsafeSlow(1 << 20)
    const sum = createHash('sha256')
    for (let left = size; left > 0; ) {
      const read = readSync(fd, buffer, 0, Math.min(left, buffer.length), null)
      if (read === 0) return undefined
      sum.update(buffer.subarray(0, read))
      left -= read
      Atomics.add(state, 1, 1)
    }
    return sum.digest()
  } finally {
    closeSync(fd)
  }
}

let digest
try {
  digest = hash()
} catch {
  // Who waits reads the file itself, and says what is wrong with it.
}
if (digest) new Uint8Array(shared, 8).set(digest)
Atomics.store(state, 0, digest ? 1 : 2)
Atomics.notify(state, 0)
