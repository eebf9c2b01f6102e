import { InternalError } from '../../foundation/errors/index.ts'
import { gzipPlainTree, type Packing, startPacking } from '../../foundation/native/index.ts'
import {
  type DiffId,
  type Digest,
  type HostPath,
  parseDiffId,
  parseDigest,
} from '../../foundation/oci/index.ts'
import { packTree } from './describe-tree.ts'
import { createPackList } from './pack-list.ts'
import { createPackedOutput, longPath, type PackedBody } from './packed-output.ts'
import { blockSize } from './tar-header.ts'
import type { LayerEntry } from './types.ts'

export interface GzipTarget {
  /** Descriptor of an empty file. */
  readonly out: number
  /** 1 to 9. */
  readonly level: number
  readonly signal?: AbortSignal | undefined
}

export interface GzippedLayer {
  /** Of what was read. */
  readonly diffId: DiffId
  /** Of what was written; sizes in bytes. */
  readonly digest: Digest
  readonly size: number
}

/** The gzip of the tar of a tree whose entries are known: the helper reads, codes and writes it in threads. Throws as a tar writer. */
export const gzipTree = async (
  directory: HostPath,
  entries: readonly LayerEntry[],
  { out, level, signal }: GzipTarget,
): Promise<GzippedLayer> => {
  const output = createPackedOutput(out, level)
  return gzipped(await unlessAborted(output, signal, packTree(output, directory, entries)))
}

/**
 * The same by the tree alone, without a look at what is in it: far quicker, since the helper does all of it. Undefined for what it leaves to
 * `gzipTree`; whether the tree is the layer still is for the caller to tell, by the DiffId.
 */
export const gzipWholeTree = async (
  directory: HostPath,
  root: boolean,
  target: GzipTarget,
): Promise<GzippedLayer | undefined> => {
  const made = await gzipPlainTree(directory, { root, ...target })
  target.signal?.throwIfAborted()
  return made && gzipped({ ...made, diffId: parseDiffId(`sha256:${made.digest}`) })
}

/** True for a tar that `gzipTar` takes. */
export const isGzippable = (tar: HostPath, size: number): boolean =>
  size % blockSize === 0 && tar.length <= longPath

/** The same of a tar. Throws NativeError. */
export const gzipTar = async (
  tar: HostPath,
  size: number,
  { out, level, signal }: GzipTarget,
): Promise<GzippedLayer> => {
  const packing = startPacking({ out, gzip: level, onDigest: () => {} })
  const list = createPackList(packing.send)
  list.content({ kind: 'range', path: tar, offset: 0, size, wantsDigest: false })
  list.end()
  const made = await unlessAborted(packing, signal, packing.end())
  return gzipped({ ...made, diffId: parseDiffId(`sha256:${made.digest}`) })
}

const gzipped = ({ diffId, gzip }: PackedBody): GzippedLayer => {
  if (!gzip) throw new InternalError('the helper packed no gzip')
  return { diffId, digest: parseDigest(`sha256:${gzip.digest}`), size: gzip.size }
}

/** Throws why it was aborted. */
const unlessAborted = async <T>(
  work: Pick<Packing, 'abort'>,
  signal: AbortSignal | undefined,
  result: Promise<T>,
): Promise<T> => {
  signal?.addEventListener('abort', work.abort)
  try {
    if (signal?.aborted) work.abort()
    return await result
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  } finally {
    signal?.removeEventListener('abort', work.abort)
  }
}
