import type { HostPath } from '../../foundation/oci/index.ts'
import { createSpool, type Spool } from '../../foundation/sys/index.ts'
import { type PackedNames, packedNames } from './packed-names.ts'

/** Keeps the names of the directories that were asked for last in memory, and those of others on the disk. */
export interface NamesKeeper {
  /** The same, to be used instead. Its `bytes` are valid until those of other directories are asked for. */
  keep(names: PackedNames): PackedNames
  /** Bytes in memory. */
  held(): number
}

/** Names of directories that came one after another. */
interface Chunk {
  /** Undefined: on the disk, at `place`. */
  bytes: Buffer | undefined
  readonly size: number
  used: number
  place: number | undefined
  isChanged: boolean
}

/** Bytes of a chunk, but for the first ones. */
const chunkSize = 256 << 10

/** No part of a larger buffer, which would stay. */
const nothing = Buffer.alloc(0)

/** @param room an existing directory where there is room on the disk; asked once, when there are more than `most` chunks */
export const createNamesKeeper = (room: () => HostPath | undefined, most = 8): NamesKeeper => {
  /** In the order in which they came to memory. */
  const held = new Set<Chunk>()
  let open: Chunk = { bytes: undefined, size: 0, used: 0, place: undefined, isChanged: false }
  let spool: Spool | undefined
  let isAsked = false

  /** Gives the buffer of the chunk that has been in memory longest. */
  const letGo = (): Buffer | undefined => {
    const [oldest] = held
    if (held.size < most || oldest?.bytes === undefined) return undefined
    const directory = isAsked ? undefined : room()
    if (directory !== undefined) spool = createSpool(directory)
    isAsked = true
    if (spool === undefined) return undefined
    const { bytes, place } = oldest
    if (place === undefined) oldest.place = spool.append(bytes)
    else if (oldest.isChanged) spool.write(bytes, place)
    if (oldest.place === undefined) return undefined
    oldest.bytes = undefined
    oldest.isChanged = false
    held.delete(oldest)
    return bytes
  }
  const bufferOf = (size: number): Buffer => {
    const free = letGo()
    return free?.length === size ? free : Buffer.allocUnsafeSlow(size)
  }
  const load = (chunk: Chunk): Buffer => {
    const bytes = bufferOf(chunk.size)
    if (chunk.place !== undefined) spool?.read(bytes, chunk.place)
    chunk.bytes = bytes
    held.add(chunk)
    return bytes
  }
  const openChunk = (size: number): void => {
    const next = Math.max(Math.min(4 * Math.max(open.size, 1024), chunkSize), size)
    open = { bytes: bufferOf(next), size: next, used: 0, place: undefined, isChanged: false }
    held.add(open)
  }
  return {
    keep(names) {
      const { bytes, count } = names
      if (count === 0) return packedNames(nothing, 0)
      if (open.bytes === undefined || open.used + bytes.length > open.size) openChunk(bytes.length)
      const start = open.used
      open.used += bytes.length
      open.bytes?.set(bytes, start)
      // It may have been on the disk, and come back, since names were put into it last.
      open.isChanged = true
      return keptNames({ chunk: open, start, end: open.used, count, load })
    },
    held: () => [...held].reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0),
  }
}

const keptNames = ({
  chunk,
  start,
  end,
  count,
  load,
}: {
  readonly chunk: Chunk
  readonly start: number
  readonly end: number
  readonly count: number
  readonly load: (chunk: Chunk) => Buffer
}): PackedNames => {
  const isWhole = end - start === chunk.size
  /** Where they were when they were asked for last, which is of no use once something else is there. */
  let source: Buffer | undefined
  let view: Buffer | undefined
  return {
    count,
    places: undefined,
    get bytes() {
      if (isWhole) return chunk.bytes ?? load(chunk)
      if (view !== undefined && source !== undefined && chunk.bytes === source) return view
      source = chunk.bytes ?? load(chunk)
      view = source.subarray(start, end)
      return view
    },
    get isChanged() {
      return chunk.isChanged
    },
    set isChanged(isChanged) {
      chunk.isChanged = isChanged
    },
  }
}
