import { AppError, exitCode } from '../foundation/errors/index.ts'
import { byCodeUnit } from '../foundation/filetree/index.ts'
import { type Digest, familiarName, type Reference } from '../foundation/oci/index.ts'
import type { Image, ImageStore } from '../store/image/index.ts'
import type { SnapshotStore } from '../store/snapshot/index.ts'
import { familiar, namesByImage, requireImage } from './images.ts'

/** One row of `tsbuild images`: a name, or a nameless image. */
export interface ImageRow {
  readonly image: Image
  readonly name?: Reference
  readonly id: Digest
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
export const listImages = (store: ImagesView, filters: ImageFilters = new Map()): readonly ImageRow[] => {
  const names = namesByImage(store.images)
  const keep = compileFilters(store.images, filters)
  return store.images
    .list()
    .flatMap((image): readonly ImageRow[] => {
      const { created } = image.config
      const row = {
        image,
        id: image.id,
        size: imageSize(store.snapshots, image),
        ...(created ? { created } : {}),
      }
      const own = names.get(image.id)
      return own ? own.map((name) => ({ ...row, name })) : [row]
    })
    .filter((row) => keep.every((holds) => holds(row)))
}

/** Bytes of the uncompressed tars of its layers; of a layer whose tar was never made, what it takes on the disk. */
export const imageSize = (snapshots: SnapshotStore, image: Image): number =>
  image.stack.reduce((sum, id) => sum + (snapshots.get(id)?.tarSize ?? snapshots.usage(id)), 0)

type RowFilter = (row: ImageRow) => boolean

const compileFilters = (images: ImageStore, filters: ImageFilters): readonly RowFilter[] =>
  [...filters].map(([key, values]): RowFilter => {
    switch (key) {
      case 'dangling': {
        const wanted = booleanOf(values)
        return (row) => (row.name === undefined) === wanted
      }
      case 'reference':
        return anyOf(values.map(referenceFilter))
      case 'label': {
        const labels = values.map(labelFilter)
        return (row) => labels.every((holds) => holds(row))
      }
      case 'before':
      case 'since':
        return timeFilter(images, key, values.at(-1) ?? '')
      default:
        throw new AppError('usage', `filter images: unknown filter ${JSON.stringify(key)}`, {
          exitCode: exitCode.usage,
          hint: 'known filters: before, dangling, label, reference, since',
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

const labelFilter = (text: string): RowFilter => {
  const equals = text.indexOf('=')
  const key = equals < 0 ? text : text.slice(0, equals)
  return ({ image }) => {
    const labels = image.config.config?.Labels ?? {}
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
