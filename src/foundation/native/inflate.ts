import type { Readable } from 'node:stream'
import { AppError, exitCode, InternalError } from '../errors/index.ts'
import { helperKilled } from './helper-killed.ts'
import { type NativeProcess, spawnNative } from './launch.ts'

export interface Inflated {
  /** Lower-case hex sha256. */
  readonly digest: string
  /** Bytes. */
  readonly size: number
  /** The index file of a layer whose tar is written in the usual way (native/tar_index.h). */
  readonly index?: InflatedIndex
}

export interface InflatedIndex {
  readonly bytes: Buffer
  /** Some directories are there only because something lies in them. */
  readonly implied: boolean
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
  /** So many bytes are in the file by now; called now and then when there will be no index. What it throws ends the work. */
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
      else if (code === 0)
        reject(
          new InternalError('helper inflate: its answer is cut off, or the helper is of another version'),
        )
      else reject(new InternalError(`helper inflate: status ${code ?? signal}`))
    })
  })

/** Of messages with their letter: how far it is; the end, and what is said there before the bytes of the index. */
const messageSize = { progress: 1 + 8, end: 1 + 8 + 32 + 1 + 8 } as const

interface Messages {
  /** Throws what is thrown on hearing of progress. */
  push(chunk: Buffer): void
  /** Undefined when the helper has not got to the end. */
  answer(): Inflated | undefined
}

/** What the helper says: of the progress only what is newest. */
const createMessages = (onWritten: (size: number) => void): Messages => {
  let rest: Buffer = Buffer.alloc(0)
  let end: Buffer | undefined
  const index: Buffer[] = []
  const hear = (bytes: Buffer): void => {
    let at = 0
    let written: number | undefined
    for (; end === undefined && at < bytes.length; ) {
      const isEnd = bytes[at] === endLetter
      const size = isEnd ? messageSize.end : messageSize.progress
      if (bytes.length - at < size) break
      if (isEnd) end = bytes.subarray(at, at + size)
      else written = Number(bytes.readBigUInt64LE(at + 1))
      at += size
    }
    const behind = bytes.subarray(at)
    if (end === undefined) rest = behind
    else if (behind.length > 0) index.push(behind)
    if (written !== undefined && end === undefined) onWritten(written)
  }
  return {
    push(chunk) {
      if (end === undefined) hear(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]))
      else index.push(chunk)
    },
    answer: () => end && answerOf(end, Buffer.concat(index)),
  }
}

/** Undefined when the index has not come as a whole. */
const answerOf = (end: Buffer, bytes: Buffer): Inflated | undefined => {
  const size = Number(end.readBigUInt64LE(1))
  const digest = end.toString('hex', 9, 41)
  if (Number(end.readBigUInt64LE(42)) !== bytes.length) return undefined
  return { size, digest, ...(bytes.length > 0 && { index: { bytes, implied: end[41] === 1 } }) }
}

const endLetter = 0x65

const collect = (stream: Readable | null): readonly Buffer[] => {
  const chunks: Buffer[] = []
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk))
  return chunks
}
