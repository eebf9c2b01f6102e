import type { Readable } from 'node:stream'
import { AppError, exitCode, InternalError } from '../errors/index.ts'
import { type NativeProcess, spawnNative } from './launch.ts'

export interface Inflated {
  /** Lower-case hex sha256. */
  readonly digest: string
  /** Bytes. */
  readonly size: number
}

/** Why the helper did not get to the end: of the data, or of the files (then with the symbolic errno). */
export class InflateError extends AppError<'inflate-failed'> {
  readonly problem: string
  readonly errno: string

  constructor(problem: string, errno: string) {
    super('inflate-failed', `decompress: ${problem} (${errno})`, { exitCode: exitCode.engine })
    this.problem = problem
    this.errno = errno
  }
}

/**
 * Has the helper write what a gzip stream unpacks to (native/inflate_verb.c) into the file with descriptor `out`, beside this process.
 * Throws InflateError, and what `chunks` throws.
 */
export const inflateInto = async (
  chunks: AsyncIterable<Uint8Array>,
  { out, most }: { readonly out: number; readonly most: number },
): Promise<Inflated> => {
  const child = spawnNative('inflate', [String(most)], { stdio: ['pipe', 'pipe', 'pipe', out] })
  const ended = outcomeOf(child)
  // Looked at below, if nothing goes wrong before.
  ended.catch(() => undefined)
  try {
    await feed(child, chunks, ended)
  } catch (error) {
    child.kill('SIGKILL')
    await ended.catch(() => undefined)
    throw error
  }
  return ended
}

/** Ends early when the helper has: how it ended says why. */
const feed = async (
  { stdin }: NativeProcess,
  chunks: AsyncIterable<Uint8Array>,
  ended: Promise<unknown>,
): Promise<void> => {
  if (stdin === null) return
  let over = false
  const whenOver = ended.then(
    () => {
      over = true
    },
    () => {
      over = true
    },
  )
  stdin.on('error', () => undefined)
  for await (const chunk of chunks) {
    if (over) return
    if (!stdin.write(chunk))
      await Promise.race([new Promise<void>((resolve) => void stdin.once('drain', resolve)), whenOver])
  }
  stdin.end()
}

/** sha256 and size. */
const answerSize = 32 + 8

const outcomeOf = (child: NativeProcess): Promise<Inflated> =>
  new Promise((resolve, reject) => {
    const answer = collect(child.stdout)
    const words = collect(child.stderr)
    child.once('error', (cause) => {
      const message = `run helper inflate: ${cause.message}`
      reject(new AppError('native-failed', message, { exitCode: exitCode.engine, cause }))
    })
    child.once('close', (code, signal) => {
      const bytes = Buffer.concat(answer)
      const [problem, errno] = Buffer.concat(words).toString('latin1').split('\0')
      if (code === 0 && bytes.length === answerSize)
        resolve({ digest: bytes.toString('hex', 0, 32), size: Number(bytes.readBigUInt64LE(32)) })
      else if (code === 1 && problem !== undefined && errno !== undefined)
        reject(new InflateError(problem, errno))
      else reject(new InternalError(`helper inflate: status ${code ?? signal}`))
    })
  })

const collect = (stream: Readable | null): readonly Buffer[] => {
  const chunks: Buffer[] = []
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk))
  return chunks
}
