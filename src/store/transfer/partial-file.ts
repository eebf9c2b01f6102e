import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import {
  createHasher,
  type Descriptor,
  type Digest,
  digestFrom,
  type HostPath,
  hexOf,
} from '../../foundation/oci/index.ts'
import { storeFailure } from '../content/index.ts'
import { appendJournal, createReceived, type Interval, readJournal } from './received.ts'

/** Paths of a download that is on its way; `lock` says which process works on it. */
export interface PartialPaths {
  readonly file: HostPath
  readonly journal: HostPath
  readonly lock: HostPath
}

export const partialPaths = (root: HostPath, digest: Digest): PartialPaths => {
  const file = join(root, 'content/partial', hexOf(digest))
  return { file, journal: `${file}.done`, lock: `${file}.lock` }
}

/** Makes the directory of downloads. */
export const makePartialDirectory = (root: HostPath): void => {
  mkdirSync(join(root, 'content/partial'), { recursive: true, mode: 0o700 })
}

/** Bytes of which another process has said that they are here. */
export const receivedBytes = ({ journal }: PartialPaths): number =>
  createReceived(readJournal(journal, Number.MAX_SAFE_INTEGER)).total()

/** A blob that is being fetched, in parts that may come in any order and from several processes, one after the other. */
export interface PartialFile extends Disposable {
  /** Bytes that an earlier process left, when this was opened. */
  readonly resumed: number
  received(): number
  gaps(): readonly Interval[]
  /** Writes bytes at their place; what `settle` has not covered is fetched again by the next process. */
  write(offset: number, bytes: Uint8Array): void
  settle(interval: Interval): void
  /** The next bytes in order, hashed; undefined at the end. Waits for them; throws the reason of `fail`. The reader may keep them. */
  next(): Promise<Uint8Array | undefined>
  /** Of all that `next` gave. */
  digest(): Digest
  /** Ends the wait of `next`. */
  fail(reason: unknown): void
}

const readSize = 256 * 1024

/** Opens or begins the download. What was received before is believed until the digest of the whole is known. Throws `store-io`. */
export const openPartialFile = (paths: PartialPaths, { digest: wanted, size }: Descriptor): PartialFile => {
  const fd = open(paths, wanted)
  const received = createReceived(readJournal(paths.journal, Math.min(size, fstatSync(fd).size)))
  const resumed = received.total()
  const hash = createHasher()
  let position = 0
  let failure: { readonly reason: unknown } | undefined
  let waiting: readonly (() => void)[] = []
  const wake = (): void => {
    const woken = waiting
    waiting = []
    for (const go of woken) go()
  }

  const read = (available: number): Uint8Array => {
    const buffer = Buffer.allocUnsafe(Math.min(readSize, available))
    const count = readSync(fd, buffer, 0, buffer.length, position)
    if (count === 0) throw new Error('a file that is being written has become shorter')
    position += count
    const bytes = buffer.subarray(0, count)
    hash.update(bytes)
    return bytes
  }

  return {
    resumed,
    received: () => received.total(),
    gaps: () => received.gaps(size),
    write(offset, bytes) {
      try {
        for (let done = 0; done < bytes.length; )
          done += writeSync(fd, bytes, done, bytes.length - done, offset + done)
      } catch (error) {
        throw storeFailure(`write blob ${wanted}`, error)
      }
    },
    settle(interval) {
      appendJournal(paths.journal, interval)
      received.add(interval)
      wake()
    },
    async next() {
      for (;;) {
        if (position >= size) return undefined
        const frontier = received.frontier()
        if (position < frontier) return read(frontier - position)
        if (failure) throw failure.reason
        await new Promise<void>((resolve) => {
          waiting = [...waiting, resolve]
        })
      }
    },
    digest: () => digestFrom(hash),
    fail(reason) {
      failure ??= { reason }
      wake()
    },
    [Symbol.dispose]: () => closeSync(fd),
  }
}

/** Touched at once, so that a prune which runs beside takes it for used. */
const open = ({ file }: PartialPaths, digest: Digest): number => {
  try {
    const fd = openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
    const now = new Date()
    utimesSync(file, now, now)
    return fd
  } catch (error) {
    throw storeFailure(`fetch blob ${digest}`, error)
  }
}

/** Forgets what was received. */
export const dropPartial = ({ file, journal }: PartialPaths): void => {
  // The journal first: what it names must be in the file.
  rmSync(journal, { force: true })
  rmSync(file, { force: true })
}
