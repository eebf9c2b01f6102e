import { InternalError } from '../errors/index.ts'

/** The operations of an encoded request: the form that `createOpWriter` writes, backwards. */
export const operationsOf = function* (bytes: Buffer): Generator<readonly Uint8Array[]> {
  if (bytes.length < 8 || bytes.readUInt32LE(4) !== bytes.length - 8)
    throw new InternalError('read a request: it is cut')
  let at = 8
  while (at < bytes.length) {
    const count = bytes.readUInt32LE(at)
    at += 4
    yield Array.from({ length: count }, () => {
      const size = bytes.readUInt32LE(at)
      at += 4 + size + 1
      return bytes.subarray(at - size - 1, at - 1)
    })
  }
}
