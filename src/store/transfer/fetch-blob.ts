import type { Descriptor } from '../../foundation/oci/index.ts'
import { type Lock, tryLock } from '../../foundation/sys/index.ts'
import type { Repository } from '../registry/index.ts'
import { TransferError } from './errors.ts'
import { fetchRanges } from './fetch-ranges.ts'
import {
  dropPartial,
  makePartialDirectory,
  openPartialFile,
  type PartialFile,
  type PartialPaths,
  partialPaths,
  receivedBytes,
} from './partial-file.ts'
import type { Transfer } from './types.ts'

/** Takes the bytes of a blob in order while they come. `arrived` settles when the blob is in the content store. */
export type BlobReader = (chunks: AsyncIterable<Uint8Array>, arrived: Promise<void>) => Promise<unknown>

/**
 * Brings a blob into the content store, its digest checked. What an earlier process received is kept; of several processes one fetches
 * and the others wait. `read` gets the bytes as they come, but only when it is this process that fetches. Returns whether it was.
 * Throws `digest-mismatch`, and what registry and `read` throw.
 */
export const fetchBlob = async (
  transfer: Transfer,
  from: Repository,
  blob: Descriptor,
  read?: BlobReader,
): Promise<boolean> => {
  const { store, events } = transfer
  const paths = partialPaths(store.root, blob.digest)
  makePartialDirectory(store.root)
  using lock = await lockOrArrival(transfer, paths, blob)
  if (!lock) return false
  const say = (state: 'resumed' | 'started' | 'fetched'): void =>
    events({ kind: 'layer', digest: blob.digest, state, size: blob.size })
  {
    using partial = openPartialFile(paths, blob)
    const pieces = partial.resumed > 0 || blob.size > wholeSize
    say(partial.resumed > 0 ? 'resumed' : 'started')
    const found = await attempt({ transfer, from, blob, paths, partial, whole: false }, read)
    if (found === 'whole') {
      say('fetched')
      return true
    }
    if (!pieces) throw mismatch(from, blob, found)
  }
  // Parts that an earlier process left, or several servers gave, do not fit each other: once more, from the start and in one piece.
  say('started')
  using partial = openPartialFile(paths, blob)
  const found = await attempt({ transfer, from, blob, paths, partial, whole: true }, read)
  if (found !== 'whole') throw mismatch(from, blob, found)
  say('fetched')
  return true
}

/** A blob up to this size comes in one request anyway. */
const wholeSize = 16 * 1024 * 1024

interface Attempt {
  readonly transfer: Transfer
  readonly from: Repository
  readonly blob: Descriptor
  readonly paths: PartialPaths
  readonly partial: PartialFile
  readonly whole: boolean
}

/** `whole`, or the digest that the bytes have instead: then they are dropped. */
const attempt = async (
  { transfer, from, blob, paths, partial, whole }: Attempt,
  read: BlobReader = () => Promise.resolve(),
): Promise<string> => {
  const arrival = createArrival()
  const fetching = fetchRanges(transfer, from, blob, partial, whole).catch((error: unknown) =>
    partial.fail(error),
  )
  const { chunks, ended } = chunksOf(partial)
  const reading = read(chunks, arrival.promise).then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  try {
    await Promise.race([ended, reading])
    // Of what the reader does not want the digest is wanted all the same.
    while ((await partial.next()) !== undefined);
    await fetching
    const digest = partial.digest()
    if (digest === blob.digest) transfer.store.content.take(paths.file, { digest, size: blob.size })
    dropPartial(paths)
    if (digest !== blob.digest) {
      arrival.failed(mismatch(from, blob, digest))
      await reading
      return digest
    }
    arrival.came()
  } catch (error) {
    arrival.failed(error)
    partial.fail(error)
    await Promise.all([fetching, reading])
    throw error
  }
  const failure = await reading
  if (failure) throw failure.error
  return 'whole'
}

interface Arrival {
  readonly promise: Promise<void>
  came(): void
  failed(reason: unknown): void
}

const createArrival = (): Arrival => {
  let came = (): void => {}
  let failed: Arrival['failed'] = () => {}
  const promise = new Promise<void>((resolve, reject) => {
    came = resolve
    failed = reject
  })
  // A reader that has failed does not wait for it any more.
  promise.catch(() => {})
  return { promise, came, failed }
}

const chunksOf = (
  partial: PartialFile,
): { readonly chunks: AsyncIterable<Uint8Array>; readonly ended: Promise<void> } => {
  let end = (): void => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const chunks = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let chunk = await partial.next(); chunk !== undefined; chunk = await partial.next()) yield chunk
    } finally {
      end()
    }
  }
  return { chunks: chunks(), ended }
}

/** Milliseconds between looks at what another process does. */
const lookEvery = 100

/** The lock, or undefined when the blob has come into the store meanwhile. */
const lockOrArrival = async (
  { store, events, signal }: Transfer,
  paths: PartialPaths,
  { digest, size }: Descriptor,
): Promise<Lock | undefined> => {
  const isHere = (): boolean => store.content.stat(digest)?.size === size
  for (let waited = false; ; waited = true) {
    signal?.throwIfAborted()
    const lock = tryLock(paths.lock)
    if (lock && !isHere()) return lock
    lock?.release()
    if (isHere()) return undefined
    if (!waited) events({ kind: 'layer', digest, state: 'waiting', size })
    events({ kind: 'progress', digest, done: receivedBytes(paths), total: size })
    await new Promise((resolve) => setTimeout(resolve, lookEvery))
  }
}

const mismatch = (from: Repository, { digest }: Descriptor, found: string): TransferError =>
  new TransferError(
    'digest-mismatch',
    `fetch blob ${digest} of ${from.registry}/${from.repository}: the bytes have digest ${found}`,
    {
      hint: 'the registry, or something on the way to it, gives other bytes than it promised; nothing was kept',
    },
  )
