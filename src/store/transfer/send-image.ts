import type { Descriptor, Digest, Reference } from '../../foundation/oci/index.ts'
import { mediaType } from '../../foundation/oci/index.ts'
import type { Image } from '../image/index.ts'
import type { Repository } from '../registry/index.ts'
import { inParallel } from './in-parallel.ts'
import { compressedLayer, layerAsItIs, manifestOf, planImage } from './prepare-image.ts'
import type { BlobSender, Located } from './send-blobs.ts'
import type { PushOptions, Transfer } from './types.ts'

/** Layers at a time. */
const defaultParallel = 6

export interface Job {
  readonly transfer: Transfer
  readonly to: Repository
  readonly sender: BlobSender
  readonly options: PushOptions
}

/** A manifest or index whose blobs the registry has. */
export interface Document {
  readonly descriptor: Descriptor
  readonly raw: Buffer
  /** Something had to be sent. */
  readonly sent: boolean
}

/** What the tag stands for in the registry now; undefined when nobody can say. */
export const currentDigest = async (
  { registry, signal }: Pick<Transfer, 'registry' | 'signal'>,
  name: Reference,
): Promise<Digest | undefined> => {
  try {
    return (await registry.resolve(name, signal ? { signal } : {})).digest
  } catch {
    // It is not there, or may not be read: then it is written.
    return undefined
  }
}

/** The blobs of one image; its manifest is the caller's to send. */
export const sendImage = async ({ transfer, sender, options }: Job, image: Image): Promise<Document> => {
  const { store, events } = transfer
  const outgoing = await planImage(transfer, image, options)
  events({ kind: 'image', layers: image.config.rootfs.diff_ids })
  const positions = [...image.stack.entries()]
  const parts: readonly (readonly [number, Image['stack'][number]] | 'config')[] = ['config', ...positions]
  const results = await inParallel(
    parts,
    transfer.parallel ?? defaultParallel,
    async (part, signal) => {
      const own = { ...transfer, signal }
      if (part === 'config') return { sent: await sender.send(configOf(store, image), image.id) }
      const [position, id] = part
      const named = outgoing.manifest.layers[position]
      const blob =
        outgoing.kind === 'as-it-is' && named
          ? await layerAsItIs(own, image, position, named)
          : await compressedLayer(
              own,
              id,
              outgoing.kind === 'compress' ? outgoing.compression : { kind: 'none', level: 0 },
              options.force ?? false,
            )
      return { blob, sent: await sender.send(blob, image.config.rootfs.diff_ids[position] ?? blob.digest) }
    },
    transfer.signal,
  )
  const sent = results.some((result) => result.sent)
  if (outgoing.kind === 'as-it-is') return { descriptor: image.manifest, raw: outgoing.raw, sent }
  const layers = results.flatMap(({ blob }) => (blob ? [blob] : []))
  const { descriptor, raw } = manifestOf(transfer, image, outgoing.manifest, layers)
  return { descriptor, raw, sent }
}

const configOf = ({ content }: Transfer['store'], { id }: Image): Located => {
  const path = content.pathOf(id)
  return { mediaType: mediaType.config, digest: id, size: content.stat(id)?.size ?? 0, path }
}
