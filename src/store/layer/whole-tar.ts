import type { DiffId, HostPath } from '../../foundation/oci/index.ts'
import { createPackedOutput } from './packed-output.ts'
import type { PatchTable } from './patch-table.ts'
import { blockSize } from './tar-header.ts'
import { createTarOutput, type TarSink } from './tar-output.ts'
import type { TarPart } from './types.ts'

/** A layer's patch with what it is a patch of. */
export interface Patched {
  readonly table: PatchTable
  /** The base's tar. */
  readonly base: HostPath
  /** The patch file, which begins with its own bytes. */
  readonly own: HostPath
}

/** Bytes `start` to `end` of the tar that a patch stands for. */
export function* patchedParts({ table, base, own }: Patched, start: number, end: number): Generator<TarPart> {
  for (const { source, offset, size } of table.between(start, end))
    yield { path: source === 'base' ? base : own, offset, size }
}

interface Whole {
  readonly diffId: DiffId
  /** Bytes. */
  readonly size: number
}

/** Has the helper write the tar that a patch stands for; it is for the caller to check what it is. Throws as `LayerEntryWriter.add`. */
export const packWhole = async (patched: Patched, out: number): Promise<Whole> => {
  const body = createPackedOutput(out)
  try {
    for (const part of members(patched)) {
      body.run(part)
      const busy = body.busy()
      if (busy) await busy
    }
  } catch (error) {
    body.abort()
    throw error
  }
  return body.finish()
}

/** The same for a caller who cannot wait. */
export const writeWhole = (patched: Patched, sink: TarSink): Whole => {
  const body = createTarOutput(sink)
  for (const part of members(patched)) body.run(part)
  return body.finish()
}

/** The end of a tar is written by whoever finishes it. */
const members = (patched: Patched): Iterable<TarPart> =>
  patchedParts(patched, 0, patched.table.tarSize - 2 * blockSize)
