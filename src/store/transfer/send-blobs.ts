import type { Descriptor, Digest, HostPath } from '../../foundation/oci/index.ts'
import type { Repository } from '../registry/index.ts'
import { openPlaces } from './places.ts'
import type { Transfer } from './types.ts'

/** A blob and where its bytes lie. */
export type Located = Descriptor & { readonly path: HostPath }

/**
 * Sends blobs to one repository, each once: nothing where the registry has it, by its own means where it has it in another repository.
 */
export interface BlobSender {
  /** `id` is what events call it. True when something had to be done. */
  send(blob: Located, id?: Digest): Promise<boolean>
}

/** Other repositories that are tried. */
const maxMounts = 3

export const createBlobSender = (transfer: Transfer, to: Repository): BlobSender => {
  const places = openPlaces(transfer.store.root)
  const sent = new Map<Digest, Promise<boolean>>()
  return {
    send(blob, id = blob.digest) {
      const known = sent.get(blob.digest)
      if (known) return known
      const sending = sendOne(transfer, to, blob, id, places).then((done) => {
        places.add(blob.digest, to)
        return done
      })
      sent.set(blob.digest, sending)
      return sending
    },
  }
}

const sendOne = async (
  { registry, events, signal }: Transfer,
  to: Repository,
  blob: Located,
  id: Digest,
  places: ReturnType<typeof openPlaces>,
): Promise<boolean> => {
  const { digest, size } = blob
  const options = signal ? { signal } : {}
  if (await registry.hasBlob(to, digest, options)) {
    events({ kind: 'layer', digest: id, state: 'exists', size })
    return false
  }
  const others = places
    .of(digest)
    .filter((place) => place.registry === to.registry && place.repository !== to.repository)
  for (const { repository } of others.slice(0, maxMounts)) {
    if (!(await registry.mountBlob(to, digest, repository, options))) continue
    events({ kind: 'mounted', digest: id, from: repository })
    return true
  }
  events({ kind: 'layer', digest: id, state: 'started', size })
  const descriptor = { mediaType: blob.mediaType, digest, size }
  await registry.pushBlob(
    to,
    descriptor,
    { path: blob.path },
    {
      ...options,
      onProgress: (done) => events({ kind: 'progress', digest: id, done, total: size }),
    },
  )
  events({ kind: 'layer', digest: id, state: 'done', size })
  return true
}
