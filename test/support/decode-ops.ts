/** The request of native/request.h back as lists of words (latin1), for expectations. Throws where a C reader would refuse. */
export const decodeOps = (bytes: Uint8Array): readonly (readonly string[])[] => {
  const buffer = Buffer.from(bytes)
  if (buffer.toString('latin1', 0, 4) !== 'TSB1') throw new Error('no header')
  if (buffer.readUInt32LE(4) !== buffer.length - 8) throw new Error('wrong size')
  const operations: string[][] = []
  for (let at = 8; at < buffer.length; ) {
    const words: string[] = []
    const count = buffer.readUInt32LE(at)
    at += 4
    for (let i = 0; i < count; i++) {
      const end = at + 4 + buffer.readUInt32LE(at)
      words.push(buffer.toString('latin1', at + 4, end))
      if (buffer[end] !== 0) throw new Error('no NUL')
      at = end + 1
    }
    operations.push(words)
  }
  return operations
}
