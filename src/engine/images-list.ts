import { AppError, exitCode } from '../foundation/errors/index.ts'
import { byCodeUnit } from '../foundation/filetree/index.ts'
import {
  type Digest,
  familiarName,
  formatReference,
  hostPlatform,
  pickPlatform,
  type Reference,
} from '../foundation/oci/index.ts'
import type { Image, ImageIndex, ImageStore, ImageSummary, NameRecord } from '../store/image/index.ts'
import type { SnapshotStore } from '../store/snapshot/index.ts'
import { familiar, namesByImage, requireImage } from './images.ts'

/** One row of `tsbuild images`: a name, or a nameless image. */
export interface ImageRow {
  readonly image: ImageSummary
  readonly name?: Reference
  readonly id: Digest
  /** The name stands for images of several platforms. */
  readonly index?: ImageIndex
  /** RFC 3339, as the image says. */
  readonly created?: string
  /** Bytes of the layers' uncompressed tars. */
  readonly size: number
}

/** `--filter` values by key; several values of one key are alternatives, labels must all be there. */
export type ImageFilters = ReadonlyMap<string, readonly string[]>

interface ImagesView {
  readonly images: ImageStore
  readonly snapshots: SnapshotStore
}

/** Rows as `docker images` lists them, the newest image first. Throws `usage` for unknown filters. */
export const listImages = (
  store: ImagesView,
  filters: ImageFilters = new Map(),
  now: number = Date.now(),
): readonly ImageRow[] => {
  const records = store.images.names()
  const names = namesByImage(records)
  const indexes = store.images.indexes()
  const named = indexesByName(records, indexes)
  const hidden = new Set(indexes.flatMap((index) => index.images.map(({ image }) => image.id)))
  const withName = new Set(named.values())
  const nameless = new Map(
    indexes.filter((index) => !withName.has(index)).map((index) => [shownIn(index)?.id, index]),
  )
  const manifests = new Map(records.map(({ name, manifest }) => [name, manifest]))
  const keep = compileFilters(store.images, filters, now)
  return store.images
    .summaries()
    .flatMap((image): readonly ImageRow[] => {
      const { created } = image
      const row = {
        image,
        id: image.id,
        size: image.size ?? imageSize(store.snapshots, image),
        ...(created ? { created } : {}),
      }
      const own = names.get(image.id)
      const index = nameless.get(image.id)
      if (!own) return index ? [{ ...row, index }] : hidden.has(image.id) ? [] : [row]
      return own.map((name) => {
        const key = formatReference(name)
        const of = named.get(key)
        const manifest = manifests.get(key) ?? image.manifest
        return of ? { ...row, name, index: of } : { ...row, name, image: { ...image, manifest } }
      })
    })
    .filter((row) => keep.every((holds) => holds(row)))
}

const indexesByName = (
  names: readonly NameRecord[],
  indexes: readonly ImageIndex[],
): ReadonlyMap<string, ImageIndex> => {
  const byDigest = new Map(indexes.map((index) => [index.descriptor.digest, index]))
  return new Map(
    names.flatMap(({ name, index }) => {
      const found = index && byDigest.get(index.digest)
      return found ? [[name, found] as const] : []
    }),
  )
}

/** The image that stands for an index in a list. */
const shownIn = (index: ImageIndex): Image | undefined =>
  (pickPlatform(index.images, ({ platform }) => platform, hostPlatform()) ?? index.images[0])?.image

/** Bytes of the uncompressed tars of its layers; of a layer whose tar was never made, what it takes on the disk. */
export const imageSize = (snapshots: SnapshotStore, image: Pick<Image, 'stack'>): number =>
  image.stack.reduce((sum, id) => sum + (snapshots.get(id)?.tarSize ?? snapshots.usage(id)), 0)

type RowFilter = (row: ImageRow) => boolean

const compileFilters = (images: ImageStore, filters: ImageFilters, now: number): readonly RowFilter[] =>
  [...filters].map(([key, values]): RowFilter => {
    switch (key) {
      case 'dangling': {
        const wanted = booleanOf(values)
        return (row) => (row.name === undefined) === wanted
      }
      case 'reference':
        return anyOf(values.map(referenceFilter))
      case 'label': {
        const labels = values.map((text) => labelFilter(images, text))
        return (row) => labels.every((holds) => holds(row))
      }
      case 'before':
      case 'since':
        return timeFilter(images, key, values.at(-1) ?? '')
      case 'until': {
        const until = untilTime(values.at(-1) ?? '', now)
        return ({ created = '' }) => Date.parse(created) <= until
      }
      default:
        throw new AppError('usage', `filter images: unknown filter ${JSON.stringify(key)}`, {
          // As docker's daemon ends.
          exitCode: exitCode.failed,
          hint: 'known filters: before, dangling, label, reference, since, until',
        })
    }
  })

const anyOf =
  (filters: readonly RowFilter[]): RowFilter =>
  (row) =>
    filters.some((holds) => holds(row))

const booleanOf = (values: readonly string[]): boolean => {
  const value = values.at(-1)
  if (value === 'true' || value === '1') return true
  if (value === 'false' || value === '0') return false
  throw new AppError('usage', `filter images: dangling=${value ?? ''}: expected true or false`, {
    exitCode: exitCode.usage,
  })
}

/** Matches the familiar name with or without its tag; `*` and `?` stop at slashes. */
const referenceFilter = (pattern: string): RowFilter => {
  const matches = globMatcher(pattern)
  return ({ name }) => name !== undefined && (matches(familiar(name)) || matches(familiarName(name)))
}

const globMatcher = (pattern: string): ((text: string) => boolean) => {
  const source = [...pattern]
    .map((c) => (c === '*' ? '[^/]*' : c === '?' ? '[^/]' : c.replace(/\W/, '\\$&')))
    .join('')
  const grammar = new RegExp(`^${source}$`)
  return (text) => grammar.test(text)
}

const labelFilter = (images: ImageStore, text: string): RowFilter => {
  const equals = text.indexOf('=')
  const key = equals < 0 ? text : text.slice(0, equals)
  return ({ image }) => {
    const labels = images.open(image)?.config.config?.Labels ?? {}
    return Object.hasOwn(labels, key) && (equals < 0 || labels[key] === text.slice(equals + 1))
  }
}

const timeFilter = (images: ImageStore, key: 'before' | 'since', text: string): RowFilter => {
  const pivot = requireImage(images, text).config.created ?? ''
  return ({ created = '' }) => {
    const order = byCodeUnit(created, pivot)
    return key === 'before' ? order < 0 : order > 0
  }
}

/** `24h`, `1h30m`, seconds since the epoch, or a time: milliseconds since the epoch. */
const untilTime = (text: string, now: number): number => {
  const duration = [...text.matchAll(/(\d+(?:\.\d+)?)(h|m|s)/gy)]
  if (duration.length > 0 && duration.map(([all]) => all).join('') === text) {
    return now - duration.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0)
  }
  const at = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  if (!Number.isNaN(at)) return at
  throw new AppError('usage', `filter images: until=${text}: expected a duration such as 24h, or a time`, {
    exitCode: exitCode.failed,
  })
}

const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000 }
