import { read } from 'node:fs'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { dockerfileLimit } from './find-dockerfile.ts'
import type { BuildInputsRequest } from './inputs-types.ts'
import type { DockerfileSource } from './types.ts'

/** The bytes of standard input as they come. Throws `usage` for a terminal. */
export async function* stdinChunks(
  { fd, isTTY }: BuildInputsRequest['stdin'],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  if (isTTY) {
    throw new AppError('usage', 'read the Dockerfile from standard input: it is a terminal', {
      exitCode: exitCode.usage,
      hint: 'pipe it in: tsbuild -t app - < Dockerfile',
    })
  }
  // A stream would close a descriptor that is not ours.
  for (;;) {
    signal.throwIfAborted()
    const chunk = await readSome(fd)
    if (chunk.length === 0) return
    yield chunk
  }
}

const readSome = (fd: number): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const buffer = Buffer.allocUnsafe(1 << 18)
    read(fd, buffer, 0, buffer.length, null, (error, size) => {
      if (error?.code === 'EAGAIN') setTimeout(() => resolve(readSome(fd)), 10)
      else if (error) reject(error)
      else resolve(buffer.subarray(0, size))
    })
  })

/** A Dockerfile from standard input. Throws `dockerfile-too-large`. */
export const readStdinText = async (
  stdin: BuildInputsRequest['stdin'],
  signal: AbortSignal,
): Promise<DockerfileSource> => dockerfileOfChunks(stdinChunks(stdin, signal), 'Dockerfile (standard input)')

/** Text of limited size. Throws `dockerfile-too-large`. */
export const dockerfileOfChunks = async (
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): Promise<DockerfileSource> => {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > dockerfileLimit) {
      throw new AppError(
        'dockerfile-too-large',
        `read ${name}: at most ${dockerfileLimit} bytes are accepted`,
        {
          exitCode: exitCode.badDockerfile,
        },
      )
    }
    parts.push(chunk)
  }
  return { text: Buffer.concat(parts).toString('utf8'), name }
}
