import { join } from 'node:path'
import { AppError, exitCode } from '../foundation/errors/index.ts'
import {
  type Descriptor,
  formatReference,
  type Platform,
  parseReference,
  platformOf,
  type Reference,
} from '../foundation/oci/index.ts'
import { assembleIndex, type Image, type ImageIndex } from '../store/image/index.ts'
import { createRecordTable, type RecordTable } from '../store/records/index.ts'
import { requireImage } from './images.ts'
import { namesOfIndex } from './images-indexes.ts'
import type { Store } from './store.ts'

type Annotations = Readonly<Record<string, string>>

/** What is said of one entry of a list; what is absent stays as it is. */
export interface EntryChange {
  readonly os?: string
  readonly architecture?: string
  readonly variant?: string
  readonly annotations?: Annotations
}

/** A list without images, which is no index yet. */
interface Draft {
  readonly annotations: Annotations
}

/**
 * Makes a list of images under a name, of every platform where one of them is an index. With `amend` a list that is there is taken as it
 * is. An empty one is remembered until it has its first image. Throws `list-exists`, `image-not-found`, `bad-reference`.
 */
export const createList = async (
  store: Store,
  name: string,
  images: readonly string[],
  options: { readonly amend?: boolean; readonly annotations?: Annotations } = {},
): Promise<string> => {
  const reference = parseReference(name)
  const before = store.images.resolveIndex(name)
  const isThere = before !== undefined || draftsOf(store).get(formatReference(reference)) !== undefined
  if (isThere && !options.amend) throw listExists(name)
  if (!isThere) draftsOf(store).put(formatReference(reference), { annotations: options.annotations ?? {} })
  if (images.length > 0) return addToList(store, name, images, {})
  return before?.descriptor.digest ?? formatReference(reference)
}

/** Adds images, and every image of an index; one that is in the list already is not there twice. Gives the digest of the list. */
export const addToList = (
  store: Store,
  name: string,
  texts: readonly string[],
  change: EntryChange,
): Promise<string> => {
  const list = openList(store, name)
  const added = texts.flatMap((text) => entriesOf(store, text, change))
  const fresh = new Map(added.map((one) => [one.entry.digest, one]))
  return replaceList(store, list, {
    manifests: [
      ...list.manifests.filter(({ digest }) => !fresh.has(digest)),
      ...[...fresh.values()].map(({ entry }) => entry),
    ],
    images: [...list.images, ...added.map(({ image }) => image)],
  })
}

interface Added {
  readonly entry: Descriptor
  readonly image: Image
}

/** What a platform says is for an image alone: those of an index know theirs. */
const entriesOf = (store: Store, text: string, change: EntryChange): readonly Added[] => {
  const index = store.images.resolveIndex(text)
  const { annotations } = change
  const said = index ? (annotations ? { annotations } : {}) : change
  const images = index?.images ?? [single(requireImage(store.images, text))]
  return images.map(({ image, platform }) => ({
    image,
    entry: changed({ ...image.manifest, platform }, said),
  }))
}

/** Changes what the list says of one of its images, or with `text` undefined of itself. Throws `not-in-list`. */
export const annotateList = (
  store: Store,
  name: string,
  text: string | undefined,
  change: EntryChange,
): Promise<string> => {
  const list = openList(store, name)
  if (text === undefined) {
    const annotations = { ...list.annotations, ...change.annotations }
    return replaceList(store, list, { annotations })
  }
  const digest = entryOf(store, list, name, text)
  const manifests = list.manifests.map((entry) => (entry.digest === digest ? changed(entry, change) : entry))
  return replaceList(store, list, { manifests })
}

/** Takes one image out of the list. Throws `not-in-list`. */
export const removeFromList = (store: Store, name: string, text: string): Promise<string> => {
  const list = openList(store, name)
  const digest = entryOf(store, list, name, text)
  return replaceList(store, list, { manifests: list.manifests.filter((entry) => entry.digest !== digest) })
}

/** Forgets lists by name; their images stay. Throws `no-such-list`. */
export const removeList = (store: Store, name: string): void => {
  const { reference, index } = openList(store, name)
  draftsOf(store).remove(formatReference(reference))
  if (!index) return
  store.images.untag(reference)
  if (namesOfIndex(store.images, index).length === 0) store.images.removeIndex(index)
}

/** The document of a list, or of an image. Throws `image-not-found`. */
export const listDocument = (store: Store, text: string): string => {
  const index = store.images.resolveIndex(text)
  if (!index && draftOf(store, text))
    return assembleIndex([], openList(store, text).annotations).toString('utf8')
  const digest = (index?.descriptor ?? requireImage(store.images, text).manifest).digest
  return store.content.read(digest).toString('utf8')
}

export const hasList = (store: Store, name: string): boolean =>
  store.images.resolveIndex(name) !== undefined || draftOf(store, name) !== undefined

interface List {
  readonly reference: Reference
  readonly index: ImageIndex | undefined
  readonly manifests: readonly Descriptor[]
  readonly annotations: Annotations
  readonly images: readonly Image[]
}

const draftsOf = (store: Store): RecordTable<Draft> =>
  createRecordTable(join(store.root, 'records', 'lists'), parseDraft)

const parseDraft = (value: unknown): Draft => {
  const annotations =
    typeof value === 'object' && value !== null && 'annotations' in value ? value.annotations : undefined
  if (typeof annotations !== 'object' || annotations === null) throw new TypeError('not a list')
  return {
    annotations: Object.fromEntries(Object.entries(annotations).map(([key, text]) => [key, String(text)])),
  }
}

const draftOf = (store: Store, name: string): Draft | undefined =>
  draftsOf(store).get(formatReference(parseReference(name)))

const openList = (store: Store, name: string): List => {
  const reference = parseReference(name)
  const index = store.images.resolveIndex(name)
  if (index) {
    const { manifests, annotations = {} } = index.document
    return { reference, index, manifests, annotations, images: index.images.map(({ image }) => image) }
  }
  const draft = draftOf(store, name)
  if (draft) return { reference, index, manifests: [], annotations: draft.annotations, images: [] }
  throw new AppError('no-such-list', `find the manifest list ${name}: there is none`, {
    exitCode: exitCode.failed,
    hint: `make it with \`tsbuild manifest create ${name}\``,
  })
}

const replaceList = async (
  store: Store,
  list: List,
  now: Partial<Pick<List, 'manifests' | 'annotations' | 'images'>>,
): Promise<string> => {
  const { manifests, annotations, images } = { ...list, ...now }
  const named = new Set(manifests.map(({ digest }) => digest))
  const own = images.filter(({ manifest }) => named.has(manifest.digest))
  const key = formatReference(list.reference)
  if (own.length === 0) {
    draftsOf(store).put(key, { annotations })
    store.images.untag(list.reference)
    if (list.index && namesOfIndex(store.images, list.index).length === 0)
      store.images.removeIndex(list.index)
    return key
  }
  const index = store.images.adoptIndex(assembleIndex(manifests, annotations), own, list.index?.artifacts)
  // On the disk before the name can lead there.
  await store.snapshots.sync()
  store.images.tag(list.reference, index)
  draftsOf(store).remove(key)
  const old = list.index
  if (
    old &&
    old.descriptor.digest !== index.descriptor.digest &&
    namesOfIndex(store.images, old).length === 0
  )
    store.images.removeIndex(old)
  return index.descriptor.digest
}

const single = (image: Image): { readonly image: Image; readonly platform: Platform } => ({
  image,
  platform: platformOf(image.config),
})

const changed = (entry: Descriptor, { os, architecture, variant, annotations }: EntryChange): Descriptor => {
  const platform = {
    ...(entry.platform ?? { os: 'linux', architecture: '' }),
    ...(os !== undefined && { os }),
    ...(architecture !== undefined && { architecture }),
    ...(variant !== undefined && { variant }),
  }
  const all = { ...entry.annotations, ...annotations }
  return { ...entry, platform, ...(Object.keys(all).length > 0 && { annotations: all }) }
}

/** The digest of the entry that `text` means: its digest, or an image that is in the list. */
const entryOf = (store: Store, { manifests }: List, name: string, text: string): string => {
  const known =
    manifests.find(({ digest }) => digest === text)?.digest ?? store.images.resolve(text)?.manifest.digest
  if (manifests.some(({ digest }) => digest === known)) return known ?? ''
  throw new AppError('not-in-list', `find ${text} in the manifest list ${name}: it is not there`, {
    exitCode: exitCode.failed,
    hint: `it has ${manifests.map(({ digest }) => digest).join(', ') || 'no images'}`,
  })
}

const listExists = (name: string): AppError =>
  new AppError('list-exists', `make the manifest list ${name}: there is one of that name`, {
    exitCode: exitCode.failed,
    hint: 'use --amend, or another name',
  })
