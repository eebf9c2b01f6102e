import { closeSync, constants, mkdirSync, openSync, renameSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { type CopyPlace, copyEntry, NativeError, type NewOwner } from '../foundation/native/index.ts'
import type { HostPath } from '../foundation/oci/index.ts'
import { ownedName, randomName } from '../foundation/sys/index.ts'
import {
  type Container,
  openContainerStore,
  ownerInside,
  ownerOutside,
  type Place,
  placeInRoot,
  recordEvent,
  withRoot,
} from '../runtime/container/index.ts'
import { createLayerTarWriter, createUnpacker, writeTree } from '../store/layer/index.ts'
import { type CopyEnd, planCopy, refused, saysContents, saysDirectory } from './copy-plan.ts'
import type { SaveTarget } from './images-transfer.ts'
import type { Store } from './store.ts'

type ByteSink = Extract<SaveTarget, { kind: 'sink' }>['sink']

export interface CopyOptions {
  /** Owners are kept; else everything belongs to who makes it: root in the container, this user outside. */
  readonly archive: boolean
  /** A symlink that is the source stands for what it leads to. */
  readonly follow: boolean
}

/** Copies from the container that `name` finds to a path of the host, or as a tar to `sink`. Throws `copy-refused`, `no-such-container`, NativeError. */
export const copyOut = async (
  store: Store,
  from: { readonly name: string; readonly path: string },
  to: HostPath | ByteSink,
  options: CopyOptions,
): Promise<void> =>
  inContainer(store, from.name, 'archive-path', (root, settings) => {
    using source = requireSource(root, from.path, options.follow)
    if (typeof to !== 'string') {
      const name = nameInTar(source, from.path, options.follow)
      return tarOf(store, { source, name }, to, ownerOutside(settings))
    }
    using destination = placeInRoot('/', to, true)
    const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
    copyPlace(source, from.path, destination, to, options.archive ? ownerOutside(settings) : owner)
  })

/** Copies a path of the host into the container that `name` finds. Throws as `copyOut`. */
export const copyIn = async (
  store: Store,
  from: HostPath,
  to: { readonly name: string; readonly path: string },
  options: CopyOptions,
): Promise<void> =>
  inContainer(store, to.name, 'extract-to-dir', (root, settings) => {
    using source = requireSource('/', from, options.follow)
    using destination = placeInRoot(root, to.path, true)
    copyPlace(
      source,
      from,
      destination,
      to.path,
      ownerInside(settings, options.archive ? undefined : containerRoot),
    )
  })

/** Unpacks a tar into a directory of the container that `name` finds. Throws `copy-refused`, `bad-layer` and as `copyOut`. */
export const unpackIn = async (
  store: Store,
  chunks: Iterable<Uint8Array>,
  to: { readonly name: string; readonly path: string },
  options: CopyOptions,
): Promise<void> =>
  inContainer(store, to.name, 'extract-to-dir', (root, settings) => {
    using destination = placeInRoot(root, to.path, true)
    if (!destination?.stat?.isDirectory()) throw refused(`unpack at ${to.path}: it is no directory`)
    const place = destination
    staged(store, (directory, fd) => {
      const unpacker = createUnpacker(directory, { sparse: true })
      try {
        for (const chunk of chunks) unpacker.parser.push(chunk)
        unpacker.parser.end()
        unpacker.finish()
      } finally {
        unpacker.abort()
      }
      copy(
        { directory: fd, name: '.' },
        place,
        ownerInside(settings, options.archive ? undefined : containerRoot),
      )
    })
  })

const containerRoot = { uid: 0, gid: 0 } as const

/** `event` is what docker tells of it. */
const inContainer = async <T>(
  store: Store,
  name: string,
  event: 'archive-path' | 'extract-to-dir',
  work: (root: HostPath, settings: Container['record']['options']) => T,
): Promise<T> => {
  const containers = openContainerStore(store.root)
  const container = containers.find(name)
  return withRoot({ containers, snapshots: store.snapshots, container }, (root) => {
    const result = work(root, container.record.options)
    recordEvent(containers.journal, container.record, event)
    return result
  })
}

const requireSource = (root: HostPath, path: string, follow: boolean): Place => {
  const place = placeInRoot(root, path, follow || saysDirectory(path))
  if (place?.stat && (place.stat.isDirectory() || !saysDirectory(path))) return place
  place?.[Symbol.dispose]()
  throw refused(`copy ${path}: there is no such file or directory`)
}

const copyPlace = (
  source: Place,
  sourcePath: string,
  destination: Place | undefined,
  destinationPath: string,
  owner: NewOwner | undefined,
): void => {
  if (!destination) throw refused(`copy to ${destinationPath}: there is no such directory`)
  const end = (place: Place, path: string): CopyEnd => ({
    path,
    exists: place.stat !== undefined,
    isDirectory: place.stat?.isDirectory() ?? false,
  })
  if (planCopy(end(source, sourcePath), end(destination, destinationPath)) === 'as') {
    copy(source, destination, owner)
    return
  }
  const fd = openSync(
    `/proc/self/fd/${destination.directory}/${destination.name}`,
    constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW,
  )
  try {
    // What is called by a link's name keeps that name, as under docker; the root has none.
    const name = basename(sourcePath)
    copy(source, { directory: fd, name: /^(|\.|\.\.|\/)$/.test(name) ? '.' : name }, owner)
  } finally {
    closeSync(fd)
  }
}

const copy = (from: CopyPlace, to: CopyPlace, owner: NewOwner | undefined): void => {
  try {
    copyEntry(from, to, owner)
  } catch (error) {
    if (!(error instanceof NativeError)) throw error
    const { errno, arg } = error.details
    if (errno === 'EISDIR') throw refused(`copy ${arg}: a directory cannot be replaced by something else`)
    if (errno === 'ENOTDIR') throw refused(`copy ${arg}: a directory cannot replace something else`)
    if (errno === 'EROFS') throw refused(`copy ${arg}: the file system is read-only`)
    throw error
  }
}

/** What a copied path is called in a tar: `.` for what is in a directory, and for the root; `..` is the directory that it leads to. */
const nameInTar = (source: Place, path: string, follow: boolean): string => {
  if (saysContents(path)) return '.'
  if (follow && source.name !== '.') return source.name
  return basename(resolve('/', path)) || '.'
}

/** A copy first: what is read a second time must not change in between. */
const tarOf = (
  store: Store,
  { source, name }: { readonly source: Place; readonly name: string },
  sink: ByteSink,
  owner: NewOwner | undefined,
): void =>
  staged(store, (directory, fd) => {
    copy(source, { directory: fd, name }, owner)
    const contents = name === '.'
    const writer = createLayerTarWriter((chunk) => sink.write(chunk), contents ? { prefix: './' } : {})
    writeTree(directory, writer, { root: contents })
    writer.finish()
  })

/** An empty directory of the store that a later command removes if this one is killed. */
const staged = (store: Store, work: (directory: HostPath, fd: number) => void): void => {
  const own = join(store.root, 'active', ownedName())
  const directory = join(own, 'tree')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    work(directory, fd)
  } finally {
    closeSync(fd)
    renameSync(own, join(store.root, 'trash', randomName()))
  }
}
