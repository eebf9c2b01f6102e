import type { IncomingMessage, ServerResponse } from 'node:http'

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
}

export const sendJson = (response: ServerResponse, status: number, value: unknown): void => {
  const text = JSON.stringify(value)
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  })
  response.end(text)
}

/** Throws when the body breaks off, after telling what has come of it. */
export const readBody = async (
  request: IncomingMessage,
  onBroken?: (part: Buffer) => void,
): Promise<Buffer> => {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk)
  } catch (error) {
    onBroken?.(Buffer.concat(chunks))
    throw error
  }
  return Buffer.concat(chunks)
}

/** Sends the first `count` bytes of a body that should be longer, and cuts the connection. */
export const cutAfter = (
  response: ServerResponse,
  bytes: Buffer,
  count: number,
  headers: Record<string, string | number> = {},
  status = 200,
): void => {
  response.writeHead(status, { 'Content-Length': bytes.length, ...headers })
  response.write(bytes.subarray(0, count), () => response.destroy())
}
