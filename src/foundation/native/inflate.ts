import type { Readable } from 'node:stream'
import { AppError, exitCode, InternalError } from '../errors/index.ts'
import { helperKilled } from './helper-killed.ts'
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

export interface InflateTarget {
  /** Descriptor of the file. */
  readonly out: number
  /** Bytes at most. */
  readonly most: number
  /** So many bytes are in the file by now; called now and then. What it throws ends the work. */
  readonly onWritten?: (size: number) => void
}

/**
 * Has the helper write what a gzip stream unpacks to (native/inflate_verb.c) into a file, beside this process. Throws InflateError, and
 * what `chunks` and `onWritten` throw.
 */
export const inflateInto = async (
  chunks: AsyncIterable<Uint8Array>,
  { out, most, onWritten = () => {} }: InflateTarget,
): Promise<Inflated> => {
  const child = spawnNative('inflate', [String(most)], { stdio: ['pipe', 'pipe', 'pipe', out] })
  const ended = outcomeOf(child, onWritten)
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

const outcomeOf = (child: NativeProcess, onWritten: (size: number) => void): Promise<Inflated> =>
  new Promise((resolve, reject) => {
    const said = createMessages(onWritten)
    let refusal: { readonly reason: unknown } | undefined
    child.stdout?.on('data', (chunk: Buffer) => {
      if (refusal) return
      try {
        said.push(chunk)
      } catch (reason) {
        refusal = { reason }
        child.kill('SIGKILL')
      }
    })
    const words = collect(child.stderr)
    child.once('error', (cause) => {
      const message = `run helper inflate: ${cause.message}`
      reject(new AppError('native-failed', message, { exitCode: exitCode.engine, cause }))
    })
    child.once('close', (code, signal) => {
      const [problem, errno] = Buffer.concat(words).toString('latin1').split('\0')
      const answer = said.answer()
      if (refusal) reject(refusal.reason)
      else if (code === 0 && answer) resolve(answer)
      else if (code === 1 && problem !== undefined && errno !== undefined)
        reject(new InflateError(problem, errno))
      else if (signal === 'SIGKILL') reject(helperKilled('inflate'))
      else reject(new InternalError(`helper inflate: status ${code ?? signal}`))
    })
  })

/** Behind the letter of a message. */
const bytesBehind = { progress: 8, end: 8 + 32 } as const

interface Messages {
  /** Throws what is thrown on hearing of progress. */
  push(chunk: Buffer): void
  /** Undefined when the helper has not got to the end. */
  answer(): Inflated | undefined
}

/** What the helper says: of the progress only what is newest. */
const createMessages = (onWritten: (size: number) => void): Messages => {
  let rest: Buffer = Buffer.alloc(0)
  let answer: Inflated | undefined
  return {
    push(chunk) {
      let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let written: number | undefined
      while (bytes.length > 0) {
        const isEnd = bytes[0] === endLetter
        const size = 1 + (isEnd ? bytesBehind.end : bytesBehind.progress)
        if (bytes.length < size) break
        written = Number(bytes.readBigUInt64LE(1))
        if (isEnd) answer = { size: written, digest: bytes.toString('hex', 9, size) }
        bytes = bytes.subarray(size)
      }
      rest = bytes
      if (written !== undefined && !answer) onWritten(written)
    },
    answer: () => (rest.length === 0 ? answer : undefined),
  }
}

const endLetter = 0x65

const collect = (stream: Readable | null): readonly Buffer[] => {
  const chunks: Buffer[] = []
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk))
  return chunks
}
