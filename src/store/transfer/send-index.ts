import {
  canonicalJson,
  type Descriptor,
  type Digest,
  type Index,
  mediaType,
  parseManifest,
  type Reference,
} from '../../foundation/oci/index.ts'
import { describeBytes, type ImageIndex } from '../image/index.ts'
import type { Repository } from '../registry/index.ts'
import { isAttestation } from './documents.ts'
import { TransferError } from './errors.ts'
import { currentDigest, type Document, type Job, sendImage } from './send-image.ts'
import type { Transfer } from './types.ts'

/** All images, then what is said about them, then the index: as it is, or naming the manifests that took the place of others. */
export const sendIndex = async (job: Job, index: ImageIndex): Promise<Document> => {
  const { transfer, to } = job
  const { store } = transfer
  const replaced = new Map<Digest, Descriptor>()
  let sent = false
  for (const { image } of index.images) {
    const document = await sendImage(job, image)
    sent = (await sendDocument(transfer, to, document)) || sent
    if (document.descriptor.digest !== image.manifest.digest)
      replaced.set(image.manifest.digest, document.descriptor)
  }
  const raw = store.content.read(index.descriptor.digest)
  if (replaced.size === 0) {
    const about = index.document.manifests.filter(isAttestation)
    for (const entry of about) sent = (await sendArtifact(job, entry)) || sent
    return { descriptor: index.descriptor, raw, sent }
  }
  return { ...rewritten(index.document, replaced), sent }
}

/** True when it was not there. */
const sendDocument = async (
  transfer: Transfer,
  to: Repository,
  { descriptor, raw, sent }: Document,
): Promise<boolean> => {
  const { registry, signal } = transfer
  const options = signal ? { signal } : {}
  const name: Reference = { ...to, digest: descriptor.digest }
  const isThere = !sent && (await currentDigest(transfer, name)) !== undefined
  if (!isThere) await registry.pushManifest(name, { mediaType: descriptor.mediaType, bytes: raw }, options)
  return !isThere
}

const sendArtifact = async ({ transfer, to, sender }: Job, entry: Descriptor): Promise<boolean> => {
  const { content } = transfer.store
  if (content.stat(entry.digest) === undefined) {
    throw new TransferError(
      'incomplete-image',
      `push: the attestation ${entry.digest} of the index is not in the store`,
      {
        hint: 'push one image of it with --platform',
      },
    )
  }
  const raw = content.read(entry.digest)
  const { config, layers } = parseManifest(raw.toString('utf8'))
  let sent = false
  for (const blob of [config, ...layers])
    sent = (await sender.send({ ...blob, path: content.pathOf(blob.digest) })) || sent
  return sendDocument(transfer, to, { descriptor: entry, raw, sent })
}

/** Attestations speak of manifests by digest: those of replaced ones are left out. */
const rewritten = (
  document: Index,
  replaced: ReadonlyMap<Digest, Descriptor>,
): Pick<Document, 'descriptor' | 'raw'> => {
  const manifests = document.manifests
    .filter((entry) => !isAttestation(entry))
    .map((entry) => ({ ...entry, ...replaced.get(entry.digest) }))
  const type = document.mediaType ?? mediaType.index
  const raw = Buffer.from(canonicalJson({ ...document, mediaType: type, manifests }))
  return { descriptor: describeBytes(type, raw), raw }
}
