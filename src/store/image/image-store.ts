import { join } from 'node:path'
import { AppError, exitCode, InternalError } from '../../foundation/errors/index.ts'
import { byCodeUnit } from '../../foundation/filetree/index.ts'
import {
  type Digest,
  familiarName,
  formatReference,
  type HostPath,
  type ImageConfig,
  mediaType,
  parseImageConfig,
  type Reference,
} from '../../foundation/oci/index.ts'
import { ContentError, type ContentStore } from '../content/index.ts'
import { type ImageEvent, tellOfImages } from '../journal/index.ts'
import { createRecordTable } from '../records/index.ts'
import type { LayerRecord, SnapshotStore } from '../snapshot/index.ts'
import { assembleImage, describeBytes } from './assemble.ts'
import { checkDocuments } from './check-documents.ts'
import { adoptIndex, openIndex } from './index-records.ts'
import { idOf, isSameTarget, targetOf } from './name-target.ts'
import { type ImageRecord, parseImageRecord, parseIndexRecord, parseNameRecord } from './records.ts'
import { resolveIndexRecord, resolveRecord } from './resolve.ts'
import { summarize } from './summaries.ts'
import type { Image, ImageIndex, ImageStore, ImageSummary } from './types.ts'

export interface ImageStoreOptions {
  readonly content: ContentStore
  readonly snapshots: SnapshotStore
  /** Directory of the record tables; `names`, `images`, `indexes` and `pins` are made in it. */
  readonly records: HostPath
  /** See `RecordTableOptions`. */
  readonly lists?: HostPath
  /** Where it is told what becomes of images; nowhere when absent. */
  readonly journal?: HostPath
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

/** The images of a store. Opening costs nothing; every call reads what is on the disk at that moment. */
export const createImageStore = (options: ImageStoreOptions): ImageStore => {
  const { content, snapshots, now = Date.now } = options
  const quick = options.lists === undefined ? {} : { lists: options.lists }
  const names = createRecordTable(join(options.records, 'names'), parseNameRecord, quick)
  const images = createRecordTable(join(options.records, 'images'), parseImageRecord, quick)
  const indexes = createRecordTable(join(options.records, 'indexes'), parseIndexRecord)
  const pins = createRecordTable(join(options.records, 'pins'), parseNameRecord)
  const tables = { names, images, indexes, pins }
  const told = (events: readonly ImageEvent[]): void => {
    if (options.journal !== undefined) tellOfImages(options.journal, events)
  }
  const seconds = (): number => Math.floor(now() / 1000)

  /** The image of a record, if all of its parts are there. */
  const open = (record: Omit<ImageRecord, 'added'> | undefined): Image | undefined => {
    if (!record?.stack.every((id) => snapshots.get(id)) || !content.stat(record.manifest.digest))
      return undefined
    const config = readConfig(content, record.imageId)
    return config && { id: record.imageId, manifest: record.manifest, config, stack: record.stack }
  }
  const indexTools = { content, table: indexes, open, now: seconds }
  const record = (image: Image, layers: readonly { readonly tarSize?: number }[]): Image => {
    const { manifest, stack } = image
    const { created = '' } = image.config
    const shown = { created, diffIds: image.config.rootfs.diff_ids, ...sizeOf(layers) }
    const value = { manifest, imageId: image.id, stack, added: seconds(), ...shown }
    // A new record is covered by the sync that follows; the one that takes the place of another must not be torn before that.
    if (images.isSettled(image.id)) images.putDurable(image.id, value)
    else images.put(image.id, value)
    return image
  }

  /** The same image again, as a cached build makes it: recorded, and on the disk since a sync covered its layers. */
  const isSettled = ({ id, manifest, stack }: Image): boolean => {
    const known = images.get(id)
    return (
      stack.length > 0 &&
      known?.manifest.digest === manifest.digest &&
      known.stack.join() === stack.join() &&
      images.isSettled(id) &&
      stack.every((layer) => snapshots.get(layer)?.volatileBoot === undefined)
    )
  }

  const openSummary = ({
    id,
    manifest,
    stack,
  }: Pick<Image, 'id' | 'manifest' | 'stack'>): Image | undefined => open({ imageId: id, manifest, stack })
  const createdOf = (id: Digest): string | undefined => {
    const config = readConfig(content, id)
    return config && (config.created ?? '')
  }
  const summaries = (layers?: readonly LayerRecord[]): readonly ImageSummary[] => {
    const areShown = options.lists !== undefined
    return summarize(images.entries(), { content, snapshots, createdOf, areShown, ...(layers && { layers }) })
  }

  const removeAll = (gone: readonly Pick<Image, 'id'>[]): void => {
    const untagged = new Map<string, ImageEvent[]>(gone.map(({ id }) => [id, []]))
    for (const [key, name] of names.entries()) {
      const events = name.index === undefined ? untagged.get(name.imageId) : undefined
      if (events === undefined) continue
      names.remove(key)
      events.push(['untag', name.imageId])
    }
    for (const [key, pin] of pins.entries())
      if (untagged.has(pin.imageId) && pin.index === undefined) pins.remove(key)
    for (const id of untagged.keys()) images.remove(id)
    told([...untagged].flatMap(([id, events]): readonly ImageEvent[] => [...events, ['delete', id]]))
  }

  const tag = (
    name: Reference,
    target: Image | ImageIndex,
    { sync = true }: { readonly sync?: boolean } = {},
  ): void => {
    const key = formatReference(name)
    if (name.digest !== undefined || name.tag === undefined) {
      throw new AppError('bad-reference', `tag image as ${key}: expected a name with a tag and no digest`, {
        exitCode: exitCode.usage,
      })
    }
    const value = { name: key, ...targetOf(target) }
    const known = names.get(key)
    // A name that leads there already is left as it is: a cached build writes nothing.
    const tagged = known && isSameTarget(known, value) ? known.tagged : seconds()
    if (sync) names.putDurable(key, { ...value, tagged })
    else names.put(key, { ...value, tagged })
    if (known === undefined || !isSameTarget(known, value))
      told([['tag', idOf(target), `${familiarName(name)}:${name.tag}`]])
  }

  return {
    async create(config, stack, { annotations, sync = true } = {}) {
      const layers = await Promise.all(stack.map((id) => snapshots.describe(id)))
      const built = assembleImage(config, layers, annotations)
      const id = content.put(built.raw.config).digest
      const manifest = describeBytes(mediaType.manifest, built.raw.manifest)
      content.put(built.raw.manifest)
      const image = { id, manifest, config: built.config, stack }
      if (isSettled(image)) return image
      record(image, layers)
      told([['create', id]])
      // Before the first name can lead here: a power cut leaves an image without a name, never a name without its image.
      if (sync) {
        await snapshots.sync()
        images.settle(id)
      }
      return image
    },
    adopt(manifest, config, raw) {
      checkDocuments(manifest, config, raw)
      const layers = config.rootfs.diff_ids.map((diffId): LayerRecord => {
        const layer = snapshots.findByDiffId(diffId)
        if (layer) return layer
        throw new AppError('layer-not-found', `adopt image: layer ${diffId} is not in the store`, {
          exitCode: exitCode.storeIo,
        })
      })
      const id = content.put(raw.config).digest
      const descriptor = describeBytes(manifest.mediaType ?? mediaType.manifest, raw.manifest)
      content.put(raw.manifest)
      return record({ id, manifest: descriptor, config, stack: layers.map((layer) => layer.id) }, layers)
    },
    adoptIndex: (raw, members, artifacts = []) => adoptIndex(indexTools, raw, members, artifacts),
    tag,
    async tagAll(wishes) {
      if (wishes.length < manyNames) {
        for (const [name, target] of wishes) tag(name, target)
        return
      }
      const fresh = wishes.filter(([name]) => names.get(formatReference(name)) === undefined)
      const isFresh = new Set(fresh)
      // A new name that a power cut tears is none. One that takes the place of another is waited for by itself.
      for (const wish of wishes) tag(wish[0], wish[1], { sync: !isFresh.has(wish) })
      await snapshots.sync()
      for (const [name] of fresh) names.settle(formatReference(name))
    },
    pin({ registry, repository, digest }, target) {
      if (digest === undefined) throw new InternalError('pin an image by a name without digest')
      const name = formatReference({ registry, repository, digest })
      const value = { name, ...targetOf(target) }
      const known = pins.get(name)
      pins.put(name, { ...value, tagged: known && isSameTarget(known, value) ? known.tagged : seconds() })
    },
    pins: () => [...pins.entries()].map(([, pin]) => pin).sort((a, b) => byCodeUnit(a.name, b.name)),
    untag(name) {
      const key = formatReference(name)
      const known = names.get(key)
      if (known === undefined) return false
      names.remove(key)
      told([['untag', known.index?.digest ?? known.imageId]])
      return true
    },
    resolve(text, platform) {
      const found = resolveRecord(tables, text, platform)
      // A name whose own manifest is gone still has the image.
      return open(found) ?? open(found && images.get(found.imageId))
    },
    resolveIndex: (text) => openIndex(indexTools, resolveIndexRecord(tables, text)),
    names: () => [...names.entries()].map(([, name]) => name).sort((a, b) => byCodeUnit(a.name, b.name)),
    list: () => summaries().flatMap((summary) => openSummary(summary) ?? []),
    summaries,
    open: openSummary,
    indexes: () =>
      [...indexes.entries()].flatMap(([, found]) => openIndex(indexTools, found) ?? []).sort(byDigest),
    remove: (image) => removeAll([image]),
    removeAll,
    removeIndex({ descriptor: { digest } }) {
      for (const [key, name] of names.entries()) {
        if (name.index?.digest !== digest) continue
        names.remove(key)
        told([['untag', digest]])
      }
      for (const [key, pin] of pins.entries()) if (pin.index?.digest === digest) pins.remove(key)
      indexes.remove(digest)
      told([['delete', digest]])
    },
  }
}

/** From so many on, one sync of the whole file system takes less time than waiting for each name. */
const manyNames = 16

/** Unknown when that of a layer is. */
const sizeOf = (
  layers: readonly { readonly tarSize?: number }[],
): { readonly size: number } | Record<never, never> => {
  const size = layers.reduce((sum, { tarSize = Number.NaN }) => sum + tarSize, 0)
  return Number.isNaN(size) ? {} : { size }
}

const byDigest = (a: ImageIndex, b: ImageIndex): number =>
  byCodeUnit(a.descriptor.digest, b.descriptor.digest)

/** A missing or damaged config counts as absent: the image cannot be used, and nothing else may suffer from it. */
const readConfig = (content: ContentStore, id: Digest): ImageConfig | undefined => {
  try {
    return parseImageConfig(content.read(id).toString('utf8'))
  } catch (error) {
    if (error instanceof ContentError && absentCodes.has(error.code)) return undefined
    throw error
  }
}

const absentCodes: ReadonlySet<string> = new Set(['blob-not-found', 'blob-corrupt'])
