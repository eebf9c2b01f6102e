import { AppError } from '../../foundation/errors/index.ts'
import type { Descriptor, DiffId } from '../../foundation/oci/index.ts'
import type { Repository } from '../registry/index.ts'
import type { ImageDocuments } from './documents.ts'
import { fetchBlob } from './fetch-blob.ts'
import { inParallel } from './in-parallel.ts'
import { openPlaces } from './places.ts'
import type { Transfer } from './types.ts'

/** Layers at a time. */
const defaultParallel = 6

/**
 * Brings the layers of an image into the store. Those that it has, by the digest of the blob or by what they unpack to, are not
 * fetched. Each that comes is unpacked in memory while it comes, so its DiffId is checked when it has arrived.
 */
export const pullLayers = async (
  transfer: Transfer,
  from: Repository,
  { manifest, config }: ImageDocuments,
): Promise<void> => {
  const wanted = new Map<DiffId, Descriptor>()
  for (const [position, diffId] of config.rootfs.diff_ids.entries()) {
    const blob = manifest.layers[position]
    if (blob) wanted.set(diffId, blob)
  }
  const places = openPlaces(transfer.store.root)
  await inParallel(
    [...wanted],
    transfer.parallel ?? defaultParallel,
    async ([diffId, blob], signal) => {
      await pullLayer({ ...transfer, signal }, from, blob, diffId)
      places.add(blob.digest, from)
    },
    transfer.signal,
  )
}

/** Brings one layer into the store unless it is there: digest and DiffId are checked. Throws as `fetchBlob`, `bad-layer`, `layer-mismatch`. */
export const pullLayer = async (
  transfer: Transfer,
  from: Repository,
  blob: Descriptor,
  diffId: DiffId,
): Promise<void> => {
  const { store, events } = transfer
  const say = (state: 'exists' | 'done'): void =>
    events({ kind: 'layer', digest: blob.digest, state, size: blob.size })
  if (store.snapshots.findByDiffId(diffId)) return say('exists')
  try {
    const isHere = store.content.stat(blob.digest)?.size === blob.size
    const isAdded =
      !isHere &&
      (await fetchBlob(transfer, from, blob, (chunks, arrived) =>
        store.snapshots.addLayerFrom(chunks, blob, diffId, arrived),
      ))
    if (!isAdded) await store.snapshots.addLayer(blob, diffId)
  } catch (error) {
    throw ofLayer(from, blob, error)
  }
  say('done')
}

/** Says where a layer came from that cannot be unpacked. */
const ofLayer = ({ registry, repository }: Repository, { digest }: Descriptor, error: unknown): unknown => {
  if (!(error instanceof AppError) || !['bad-layer', 'layer-too-large'].includes(error.code)) return error
  const { code, message, hint, exitCode, details } = error
  return new AppError(code, `layer ${digest} of ${registry}/${repository}: ${message}`, {
    exitCode,
    details,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  })
}
