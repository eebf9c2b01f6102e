import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { InternalError } from '../../../foundation/errors/index.ts'
import type { BodyWriter } from '../../../foundation/http/index.ts'
import type { BlobSource } from '../types.ts'
import type { Span } from './blob-range.ts'

const pieceSize = 256 << 10

/** The bytes of a source, opened once for all requests. */
export interface OpenSource extends Disposable {
  readonly size: number
  /** Writes a part of it; `onSent` has the place that was reached. */
  body(span: Span, onSent: (reached: number) => void): BodyWriter
}

/** Throws what opening the file throws. */
export const openSource = (source: BlobSource): OpenSource => {
  if ('bytes' in source) return fromMemory(source.bytes)
  const fd = openSync(source.path, 'r')
  return {
    size: fstatSync(fd).size,
    body:
      ({ from, to }, onSent) =>
      async (write) => {
        const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(pieceSize, to - from)))
        for (let at = from; at < to; ) {
          const count = readSync(fd, buffer, 0, Math.min(buffer.length, to - at), at)
          if (count === 0) throw new InternalError(`read ${source.path}: it became shorter while it was sent`)
          if (!(await write(buffer.subarray(0, count)))) return
          at += count
          onSent(at)
        }
      },
    [Symbol.dispose]: () => closeSync(fd),
  }
}

const fromMemory = (bytes: Uint8Array): OpenSource => ({
  size: bytes.length,
  body:
    ({ from, to }, onSent) =>
    async (write) => {
      for (let at = from; at < to; ) {
        const piece = bytes.subarray(at, Math.min(to, at + pieceSize))
        if (!(await write(piece))) return
        at += piece.length
        onSent(at)
      }
    },
  [Symbol.dispose]: () => {},
})
