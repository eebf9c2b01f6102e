import type { ContainerConfig, Descriptor, Digest } from '../foundation/oci/index.ts'
import { familiarName, parseReference, type Reference } from '../foundation/oci/index.ts'
import { type Image, type ImageIndex, type ImageStore, layerHistory } from '../store/image/index.ts'
import type { SnapshotStore } from '../store/snapshot/index.ts'
import { familiar, namesByImage } from './images.ts'
import { imageSize } from './images-list.ts'

/** An image as `docker inspect` shows it; the member names are docker's. */
export interface ImageInspection {
  readonly Id: Digest
  readonly RepoTags: readonly string[]
  readonly RepoDigests: readonly string[]
  readonly Parent: string
  readonly Comment: string
  readonly Created: string
  readonly DockerVersion: string
  readonly Author: string
  readonly Config: Readonly<Record<string, unknown>>
  readonly Architecture: string
  readonly Variant?: string
  readonly Os: string
  readonly Size: number
  readonly RootFS: { readonly Type: 'layers'; readonly Layers: readonly Digest[] }
  readonly Metadata: { readonly LastTagTime: string }
  readonly Descriptor: Descriptor
  /** What an index offers, where a name stands for one. */
  readonly Manifests?: readonly Descriptor[]
}

interface ImagesView {
  readonly images: ImageStore
  readonly snapshots: SnapshotStore
}

export const inspectImage = (
  { images, snapshots }: ImagesView,
  image: Image,
  index?: ImageIndex,
): ImageInspection => {
  const { config, manifest } = image
  const tagged = images.names().filter((name) => name.imageId === image.id)
  const names = namesByImage(tagged).get(image.id) ?? []
  const last = Math.max(0, ...tagged.map((name) => name.tagged))
  return {
    Id: image.id,
    RepoTags: names.map(familiar),
    RepoDigests: repoDigests(images, image, names, (index?.descriptor ?? manifest).digest),
    Parent: '',
    Comment: config.history?.at(-1)?.comment ?? '',
    Created: config.created ?? '',
    DockerVersion: '',
    Author: config.author ?? '',
    Config: { ...emptyConfig, ...config.config },
    Architecture: config.architecture,
    ...(config.variant === undefined ? {} : { Variant: config.variant }),
    Os: config.os,
    Size: imageSize(snapshots, image),
    RootFS: { Type: 'layers', Layers: config.rootfs.diff_ids },
    Metadata: { LastTagTime: last > 0 ? new Date(last * 1000).toISOString() : '0001-01-01T00:00:00Z' },
    Descriptor: index?.descriptor ?? manifest,
    ...(index && { Manifests: index.document.manifests }),
  }
}

/** Members that docker shows whether they are set or not: templates ask for them. */
const emptyConfig = {
  User: '',
  Env: null,
  Cmd: null,
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
} satisfies Partial<Record<keyof ContainerConfig, unknown>>

/**
 * Where registries have the image, by what they call it; of repositories where it was neither pulled from nor pushed to, by the digest
 * that it has here.
 */
const repoDigests = (
  images: ImageStore,
  image: Image,
  names: readonly Reference[],
  own: Digest,
): readonly string[] => {
  const pinned = images
    .pins()
    .filter((pin) => pin.imageId === image.id)
    .map((pin) => parseReference(pin.name))
  const known = new Set(pinned.map(familiarName))
  const others = names.map(familiarName).filter((name) => !known.has(name))
  return [
    ...new Set([
      ...pinned.map((name) => `${familiarName(name)}@${name.digest ?? own}`),
      ...others.map((name) => `${name}@${own}`),
    ]),
  ]
}

/** One row of `tsbuild history`. */
export interface HistoryRow {
  /** Only the newest row has it: the states in between are no images. */
  readonly id?: Digest
  readonly created?: string
  readonly createdBy: string
  /** Bytes of the layer's uncompressed tar, 0 for rows without a layer. */
  readonly size: number
  readonly comment: string
}

/** The history of an image, newest first. */
export const imageHistory = (snapshots: SnapshotStore, image: Image): readonly HistoryRow[] =>
  layerHistory(image.config)
    .map(({ entry, layer }): Omit<HistoryRow, 'id'> => {
      const id = layer === undefined ? undefined : image.stack[layer]
      return {
        ...(entry.created === undefined ? {} : { created: entry.created }),
        createdBy: entry.created_by ?? '',
        size: id === undefined ? 0 : (snapshots.get(id)?.tarSize ?? snapshots.usage(id)),
        comment: entry.comment ?? '',
      }
    })
    .reverse()
    .map((row, position) => (position === 0 ? { ...row, id: image.id } : row))
