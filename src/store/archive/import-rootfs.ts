import { type ContainerConfig, hostPlatform, mediaType, type Platform } from '../../foundation/oci/index.ts'
import type { Image } from '../image/index.ts'
import { archiveChunks } from './source.ts'
import type { ArchiveSource, ArchiveStore } from './types.ts'

export interface ImportOptions {
  /** What `--change` made of an empty config. */
  readonly config?: ContainerConfig
  /** The history's comment; docker's `Imported from SOURCE` by default. */
  readonly message: string
  readonly platform?: Platform
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly sync?: boolean
  readonly signal?: AbortSignal
}

/**
 * Makes an image with one layer from the tar of a root file system. The tar is stored as it is: its digest is the layer's
 * DiffId. Throws `no-archive`, and `bad-layer` when it is no tar.
 */
export const importRootfs = async (
  store: ArchiveStore,
  source: ArchiveSource,
  options: ImportOptions,
): Promise<Image> => {
  const isKnown = store.content.present()
  const ingest = store.content.ingest()
  try {
    for await (const chunk of archiveChunks(source, options.signal)) ingest.write(chunk)
  } catch (error) {
    ingest.abort()
    throw error
  }
  const blob = ingest.commit()
  const layer = await takeLayer(
    store,
    { mediaType: mediaType.layer, digest: blob.digest, size: blob.size },
    !isKnown(blob.digest),
  )
  const created = new Date(options.now).toISOString()
  return store.images.create(
    {
      created,
      ...(options.platform ?? hostPlatform()),
      config: options.config ?? {},
      history: [{ created, comment: options.message }],
    },
    [layer],
    options.sync === undefined ? {} : { sync: options.sync },
  )
}

/** Drops the blob again when it is no layer: nobody else can have wanted these bytes. */
const takeLayer = async (
  { snapshots, content }: ArchiveStore,
  blob: Parameters<ArchiveStore['snapshots']['addLayer']>[0],
  hashed: boolean,
): Promise<Image['stack'][number]> => {
  try {
    return (await snapshots.addLayer(blob, undefined, { hashed })).id
  } catch (error) {
    content.remove(blob.digest)
    throw error
  }
}
