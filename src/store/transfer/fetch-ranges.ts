import type { Descriptor } from '../../foundation/oci/index.ts'
import type { Repository } from '../registry/index.ts'
import { inParallel } from './in-parallel.ts'
import type { PartialFile } from './partial-file.ts'
import type { Interval } from './received.ts'
import type { Transfer } from './types.ts'

/** A blob that is larger is fetched in pieces of this size, several at a time. */
const pieceSize = 16 * 1024 * 1024
/** Pieces of one blob at a time. */
const maxRanges = 4
/** What is written down of a piece on its way, so that little is lost with the process. */
const stepSize = 1024 * 1024

/** Fetches what is missing of a blob; in one request when it is to come `whole`. Throws what the registry throws. */
export const fetchRanges = async (
  { registry, events, signal }: Transfer,
  from: Repository,
  blob: Descriptor,
  partial: PartialFile,
  whole: boolean,
): Promise<void> => {
  const pieces = whole ? partial.gaps() : partial.gaps().flatMap(cut)
  let unsettled = 0
  const fetchOne = async ({ start, end }: Interval, stop: AbortSignal): Promise<void> => {
    let settled = start
    let position = start
    const settle = (): void => {
      if (position === settled) return
      partial.settle({ start: settled, end: position })
      unsettled -= position - settled
      settled = position
    }
    try {
      await registry.blob(
        from,
        blob,
        (chunk) => {
          partial.write(position, chunk)
          position += chunk.length
          unsettled += chunk.length
          if (position - settled >= stepSize) settle()
          events({
            kind: 'progress',
            digest: blob.digest,
            done: partial.received() + unsettled,
            total: blob.size,
          })
        },
        { offset: start, length: end - start, signal: stop },
      )
    } finally {
      settle()
    }
  }
  await inParallel(pieces, maxRanges, fetchOne, signal)
}

const cut = ({ start, end }: Interval): readonly Interval[] => {
  const pieces: Interval[] = []
  for (let at = start; at < end; at += pieceSize)
    pieces.push({ start: at, end: Math.min(end, at + pieceSize) })
  return pieces
}
