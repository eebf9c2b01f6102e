import { InternalError } from '../../foundation/errors/index.ts'
import type { FileTree } from '../../foundation/filetree/index.ts'
import type { CacheMountName, CacheMountUsage } from '../../store/cache-mounts/index.ts'
import { defaultCompression } from '../../store/compression/index.ts'
import { writeTree } from '../../store/layer/index.ts'
import { addTree, writeEntries } from '../../store/snapshot/index.ts'
import type { Transfer } from '../../store/transfer/index.ts'
import { openTransfer } from '../registry/open-transfer.ts'
import type { Store } from '../store.ts'
import { mountsMediaType } from './document.ts'
import { BuildCacheError } from './errors.ts'
import { localPlace } from './local-place.ts'
import { localSink } from './local-sink.ts'
import { type CachedMount, encodeMounts, parseMounts } from './mounts-document.ts'
import { registryPlace, registrySink } from './registry-place.ts'
import { type CacheSecret, checkSignature, signDocument } from './signature.ts'
import type { CacheAddress, CachePlace, CacheSink } from './types.ts'

export interface MountsWish {
  /** Only these; all when there are none. */
  readonly ids: readonly string[]
  readonly address: CacheAddress
  readonly key?: CacheSecret | undefined
}

export interface MountsContext {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/** Each cache once, as `cache ls` shows it. */
export const listMounts = (store: Pick<Store, 'cacheMounts'>): readonly CacheMountUsage[] =>
  store.cacheMounts.list()

/**
 * Writes cache mounts to a registry or a directory, each as one layer. Waits for steps that use one. Returns what was written. Throws
 * `cache-not-found` for an id that no cache has, and what registries and files throw.
 */
export const exportMounts = async (
  store: Store,
  { ids, address, key }: MountsWish,
  context: MountsContext,
): Promise<readonly CacheMountName[]> => {
  using lease = await store.lease(context.signal)
  using transfer = openTransfer(store, { ...context, events: () => undefined })
  const sink = sinkAt(address, transfer)
  const mounts: CachedMount[] = []
  for (const name of wantedNames(store.cacheMounts.list(), ids)) {
    const id = await layerOf(store, name, context.signal)
    lease.hold([id])
    const { diffId } = await store.snapshots.describe(id)
    const { mediaType, digest, size, path } = await store.snapshots.compressedOf(
      id,
      defaultCompression,
      context.signal,
    )
    await sink.add({ mediaType, digest, size, path })
    mounts.push({ name, layer: { diffId, blob: { mediaType, digest, size } } })
  }
  const bytes = encodeMounts(mounts)
  await sink.finish(
    { bytes, signature: key && signDocument(bytes, key) },
    mounts.map(({ layer }) => layer.blob),
  )
  return mounts.map(({ name }) => name)
}

const wantedNames = (
  caches: readonly CacheMountUsage[],
  ids: readonly string[],
): readonly CacheMountName[] => {
  const named = caches.flatMap(({ name }) => (name ? [name] : []))
  checkIds(
    ids,
    named.map(({ id }) => id),
    'the store',
  )
  // Of a cache that several private users have made several of, one is written.
  const byName = new Map(named.map((name) => [JSON.stringify(name), name]))
  return [...byName.values()].filter(({ id }) => ids.length === 0 || ids.includes(id))
}

const checkIds = (ids: readonly string[], known: readonly string[], where: string): void => {
  const missing = ids.find((id) => !known.includes(id))
  if (missing === undefined) return
  throw new BuildCacheError(
    'cache-not-found',
    `find the cache ${JSON.stringify(missing)}: ${where} has none`,
    {
      hint: '`tsbuild cache ls` lists those of the store',
    },
  )
}

/** Taken while nobody else uses it. */
const layerOf = async (
  store: Store,
  name: CacheMountName,
  signal: AbortSignal,
): Promise<ReturnType<Store['snapshots']['writeLayer']>> => {
  const cache = await store.cacheMounts.acquire(name, {
    sharing: 'locked',
    signal,
    fill: () => {
      throw new BuildCacheError(
        'cache-not-found',
        `read the cache ${JSON.stringify(name.id)}: it was removed`,
      )
    },
  })
  try {
    return store.snapshots.writeLayer((writer) => writeTree(cache.directory, writer))
  } finally {
    cache.release()
  }
}

export interface ImportedMount {
  readonly name: CacheMountName
  /** False: the store has a cache of that name, which stays. */
  readonly isTaken: boolean
}

/**
 * Makes cache mounts of what `exportMounts` has written. One that the store has already stays as it is, unless `replace` is set and nobody
 * uses it. Throws `cache-not-found`, `cache-unsigned`, `bad-cache`.
 */
export const importMounts = async (
  store: Store,
  { ids, address, key, replace }: MountsWish & { readonly replace: boolean },
  context: MountsContext,
): Promise<readonly ImportedMount[]> => {
  using lease = await store.lease(context.signal)
  using transfer = openTransfer(store, { ...context, events: () => undefined })
  const place = placeAt(address, store, transfer)
  const document = await place.read()
  if (!document)
    throw new BuildCacheError('cache-not-found', `read the cache mounts of ${place.shown}: there are none`)
  checkSignature(document, key, place.shown)
  const mounts = parseMounts(document.bytes, place.shown)
  checkIds(
    ids,
    mounts.map(({ name }) => name.id),
    place.shown,
  )
  const done: ImportedMount[] = []
  for (const mount of mounts) {
    if (ids.length > 0 && !ids.includes(mount.name.id)) continue
    if (replace) await store.cacheMounts.prune({ id: mount.name.id })
    const isTaken =
      !isKnown(store, mount.name) && (await takeMount(store, mount, { place, lease, signal: context.signal }))
    done.push({ name: mount.name, isTaken })
  }
  return done
}

const isKnown = ({ cacheMounts }: Store, name: CacheMountName): boolean =>
  cacheMounts.list().some((one) => one.name && JSON.stringify(one.name) === JSON.stringify(name))

const takeMount = async (
  store: Store,
  { name, layer }: CachedMount,
  {
    place,
    lease,
    signal,
  }: {
    readonly place: CachePlace
    readonly lease: Awaited<ReturnType<Store['lease']>>
    readonly signal: AbortSignal
  },
): Promise<boolean> => {
  await place.fetch(layer, signal)
  const found = store.snapshots.findByDiffId(layer.diffId)
  if (!found) throw new InternalError(`import cache ${name.id}: its layer did not come`)
  lease.hold([found.id])
  // Compressed layers have no content that can be looked at.
  await store.snapshots.tarOf(found.id)
  const tree = store.snapshots.union([found.id])
  checkContent(tree, name, place)
  let isTaken = false
  const cache = await store.cacheMounts.acquire(name, {
    sharing: 'locked',
    signal,
    fill: (directory) => {
      writeEntries(directory, (writer) => addTree(tree, writer, { from: 'data', to: 'data' }))
      isTaken = true
    },
  })
  cache.release()
  return isTaken
}

/** Nothing beside `data`, and no devices: steps see a cache as it is. */
const checkContent = (tree: FileTree, { id }: CacheMountName, { shown }: CachePlace): void => {
  const bad = (why: string): BuildCacheError =>
    new BuildCacheError('bad-cache', `import cache ${JSON.stringify(id)} of ${shown}: ${why}`)
  const top = tree.children('')
  if (top.length !== 1 || top[0]?.path !== 'data') throw bad('expected one entry, data')
  const pending = [...top]
  for (let entry = pending.pop(); entry; entry = pending.pop()) {
    if (entry.type === 'char' || entry.type === 'block') throw bad(`/${entry.path} is a device`)
    if (entry.type === 'directory') pending.push(...tree.children(entry.path))
  }
}

const sinkAt = (address: CacheAddress, transfer: Transfer): CacheSink => {
  if (address.kind === 'registry') return registrySink(transfer, address.reference, mountsMediaType)
  const { directory, tag } = address
  return localSink(directory, { tag, keepOld: false, type: mountsMediaType })
}

const placeAt = (address: CacheAddress, store: Store, transfer: Transfer): CachePlace =>
  address.kind === 'registry'
    ? registryPlace(transfer, address.reference, mountsMediaType)
    : localPlace(store, address, mountsMediaType)
