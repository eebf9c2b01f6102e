import type { IncomingMessage } from 'node:http'

/** A body of at most `limit` bytes; what is more is cut off, and the connection with it. Throws system errors. */
export const readSmallBody = (answer: IncomingMessage, limit: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size <= limit) return
      resolve(Buffer.concat(chunks).subarray(0, limit))
      answer.destroy()
    })
    answer.once('end', () => resolve(Buffer.concat(chunks)))
    answer.once('error', reject)
    answer.once('close', () =>
      reject(Object.assign(new Error('the body is cut off'), { code: 'ECONNRESET' })),
    )
  })

/** Reads what is left, so that the connection can be used again; gives up where there is much. */
export const drain = async (answer: IncomingMessage): Promise<void> => {
  try {
    await readSmallBody(answer, 64 << 10)
  } catch {
    // Nobody wants it.
  }
}
