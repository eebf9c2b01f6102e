import { AppError, exitCode, InternalError } from '../errors/index.ts'
import { failureOf } from './fsops-failure.ts'
import { type NativeProcess, spawnNative } from './launch.ts'
import { letGo } from './let-go.ts'
import { NativeError } from './native-error.ts'

/** The helper at writing a tar, or its gzip, by a list (native/fsops_pack.c), which it is given piece by piece. */
export interface Packing {
  /** The list may be kept until the helper has read it: no reused buffer. */
  send(list: Uint8Array): void
  /** Set while the helper has enough to do: resolves when it wants more, or has ended. */
  busy(): Promise<void> | undefined
  /** The list is complete. Throws NativeError. */
  end(): Promise<PackedTar>
  /** Ends the helper. */
  abort(): void
  /** This process may end before the helper has; whoever waits for it has to see to it that it does not. */
  unref(): void
}

export interface PackedFile {
  /** Lower-case hex sha256. */
  readonly digest: string
  /** Bytes. */
  readonly size: number
}

export interface PackedTar extends PackedFile {
  /** What was written, where that is the tar's gzip. */
  readonly gzip?: PackedFile
}

/** @param out descriptor of a file that the tar is written to; without it, only digests are taken */
export const startPacking = (options: {
  readonly out?: number
  /** Level 1 to 9: the tar is written as gzip. */
  readonly gzip?: number
  /** Digests of contents, lower-case hex, in the order in which they were asked for. Throws when the list was wrong after all. */
  readonly onDigest: (digest: string) => void
}): Packing => {
  const { out, gzip } = options
  const child = spawnNative('fsops', ['pack', ...(gzip === undefined ? [] : [String(gzip)])], {
    stdio: ['pipe', 'pipe', 'pipe', ...(out === undefined ? [] : [out])],
  })
  const answer = readAnswer(options.onDigest, gzip === undefined ? 1 : 2)
  const ended = outcomeOf(child, answer)
  // Looked at by `end`, if nothing goes wrong before.
  ended.catch(() => undefined)
  let waiting: Promise<void> | undefined
  const { stdin } = child
  // The helper may be gone before it has read everything; how it ended says why.
  stdin?.on('error', () => undefined)
  return {
    send(list) {
      if (stdin === null || stdin.write(list) || waiting !== undefined) return
      const drained = new Promise<void>((resolve) => void stdin.once('drain', resolve))
      const over = ended.then(
        () => undefined,
        () => undefined,
      )
      waiting = Promise.race([drained, over]).then(() => {
        waiting = undefined
      })
    },
    busy: () => waiting,
    end() {
      stdin?.end()
      return ended
    },
    abort: () => void child.kill('SIGKILL'),
    unref: () => letGo(child),
  }
}

interface Answer {
  push(chunk: Buffer): void
  /** Undefined when it is cut off. */
  end(): PackedTar | undefined
  /** What a receiver of digests threw. */
  failure(): unknown
}

const digestSize = 32
const fileSize = digestSize + 8

/** Digests as they come; what is no more than the last part, what was made, is kept back. */
const readAnswer = (onDigest: (digest: string) => void, files: 1 | 2): Answer => {
  const lastSize = files * fileSize
  let rest: Buffer = Buffer.alloc(0)
  let failure: unknown
  return {
    push(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let at = 0
      try {
        for (; rest.length - at >= digestSize + lastSize; at += digestSize)
          onDigest(rest.toString('hex', at, at + digestSize))
      } catch (error) {
        failure ??= error
      }
      rest = rest.subarray(at)
    },
    end: () => packedTarIn(rest, files),
    failure: () => failure,
  }
}

/** The last part of an answer: the tar, and of two files its gzip. Undefined when it is cut off. */
export const packedTarIn = (answer: Buffer, files: 1 | 2): PackedTar | undefined => {
  if (answer.length !== files * fileSize) return undefined
  const tar = fileIn(answer)
  return files === 1 ? tar : { ...tar, gzip: fileIn(answer.subarray(fileSize)) }
}

const fileIn = (answer: Buffer): PackedFile => ({
  digest: answer.toString('hex', 0, digestSize),
  size: Number(answer.readBigUInt64LE(digestSize)),
})

const outcomeOf = (child: NativeProcess, answer: Answer): Promise<PackedTar> =>
  new Promise((resolve, reject) => {
    const words: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => {
      answer.push(chunk)
      if (answer.failure() !== undefined) child.kill('SIGKILL')
    })
    child.stderr?.on('data', (chunk: Buffer) => words.push(chunk))
    child.once('error', (cause) => {
      const message = `run helper fsops pack: ${cause.message}`
      reject(new AppError('native-failed', message, { exitCode: exitCode.engine, cause }))
    })
    child.once('close', (code, signal) => {
      try {
        if (answer.failure() !== undefined) throw answer.failure()
        const stderr = Buffer.concat(words)
        if (code !== 0) throw failureOf('pack', { status: code ?? signal, stderr })
        const tar = answer.end()
        if (tar === undefined) throw new InternalError('helper fsops pack: its answer is cut off')
        resolve(tar)
      } catch (error) {
        reject(error)
      }
    })
  })

/** What a failure of the helper says of a file that it could not read. */
export interface PackFailure {
  /** Place among the contents whose digests were asked for; -1 for others. */
  readonly number: number
  readonly problem:
    | { readonly kind: 'unreadable'; readonly errno: string }
    | { readonly kind: 'short'; readonly found: number }
    | { readonly kind: 'not-a-file' }
  readonly name: string
}

/** Undefined for failures of another kind. */
export const packFailure = (error: unknown): PackFailure | undefined => {
  if (!(error instanceof NativeError)) return undefined
  const { step, errno, arg } = error
  const [, number, found, name] = /^(-?\d+) (\d+) (.*)$/s.exec(arg) ?? []
  if (!/^pack-(open|read|short)$/.test(step) || name === undefined) return undefined
  const problem: PackFailure['problem'] =
    errno === 'E2BIG'
      ? { kind: 'not-a-file' }
      : step === 'pack-short'
        ? { kind: 'short', found: Number(found) }
        : { kind: 'unreadable', errno }
  return { number: Number(number), problem, name }
}
