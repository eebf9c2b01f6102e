import { spawnNative } from '../../foundation/native/index.ts'
import { type Coder, codingFailed, createWaiting } from './coder.ts'

/** Starts a process that codes gzip (native/gzip.c). */
export const startGzipCoder = (level: number): Coder => {
  const waiting = createWaiting()
  const child = spawnNative('gzip', [String(level)], { stdio: ['pipe', 'pipe', 'ignore'] })
  const read = createPieceReader(waiting.done)
  child.stdout?.on('data', read)
  child.once('error', (error) => waiting.lose(codingFailed(error.message, error)))
  child.once('close', (code, signal) =>
    waiting.lose(codingFailed(`its process ended with ${signal ?? code}`)),
  )
  // How the process ended says why.
  child.stdin?.on('error', () => undefined)
  return {
    code: (block) =>
      waiting.add(() => {
        const size = Buffer.allocUnsafe(4)
        size.writeUInt32LE(block.length)
        child.stdin?.cork()
        child.stdin?.write(size)
        child.stdin?.write(block)
        child.stdin?.uncork()
      }),
    end() {
      waiting.lose(codingFailed('it was given up'))
      child.stdin?.destroy()
      child.stdout?.destroy()
      child.kill('SIGKILL')
    },
  }
}

/** Puts pieces together from what comes: each a u32 with its size, little-endian, and its bytes. */
const createPieceReader = (take: (piece: Uint8Array) => void): ((chunk: Buffer) => void) => {
  const head = Buffer.allocUnsafe(4)
  let headFilled = 0
  let piece: Buffer | undefined
  let filled = 0
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (piece === undefined) {
        const count = chunk.copy(head, headFilled, at)
        headFilled += count
        at += count
        if (headFilled < head.length) return
        piece = Buffer.allocUnsafeSlow(head.readUInt32LE())
        headFilled = 0
        filled = 0
        continue
      }
      const count = chunk.copy(piece, filled, at)
      filled += count
      at += count
      if (filled < piece.length) return
      take(piece)
      piece = undefined
    }
  }
}
