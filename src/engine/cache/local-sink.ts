import {
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { AppError, errnoOf, exitCode } from '../../foundation/errors/index.ts'
import {
  canonicalJson,
  type Descriptor,
  digestOf,
  type HostPath,
  hexOf,
  mediaType,
  parseIndex,
  parseManifest,
} from '../../foundation/oci/index.ts'
import {
  acquireLock,
  atomicWrite,
  isAbandoned,
  makeDirectories,
  ownedName,
} from '../../foundation/sys/index.ts'
import type { CacheMediaType } from './document.ts'
import { layoutBlob, tagAnnotation } from './local-place.ts'
import { cacheManifest } from './manifest.ts'
import type { BlobFile, CacheSink } from './types.ts'

/**
 * Writes a cache to a directory, which is or becomes an OCI layout. Entries of index.json with other tags stay; blobs that no entry
 * names any more are removed, unless `keepOld`. A directory that is something else is refused.
 */
export const localSink = (
  directory: HostPath,
  { tag, keepOld, type }: { readonly tag: string; readonly keepOld: boolean; readonly type: CacheMediaType },
): CacheSink => {
  /** Beside this one others may export to the same directory, and remove what nobody names yet. */
  const added = new Map<string, BlobFile>()
  const add = (blob: BlobFile): void => {
    if (!isThere(directory, blob)) copyBlob(directory, blob)
  }
  return {
    shown: directory,
    has: (blob) => Promise.resolve(isThere(directory, blob)),
    add: (blob) => {
      added.set(blob.digest, blob)
      wrapped(directory, () => {
        makeLayout(directory)
        add(blob)
      })
      return Promise.resolve()
    },
    finish: async (document, layers) => {
      wrapped(directory, () => makeLayout(directory))
      using _lock = await acquireLock(join(directory, lockName))
      wrapped(directory, () => {
        for (const blob of added.values()) add(blob)
        const entries = writeEntry(directory, tag, cacheManifest(document, layers, type), document.bytes)
        if (!keepOld) removeUnnamed(directory, entries)
      })
    },
  }
}

const lockName = 'lock'

/** Names the manifest under the tag. All entries that there are then. */
const writeEntry = (
  directory: HostPath,
  tag: string,
  { config, raw }: ReturnType<typeof cacheManifest>,
  records: Buffer,
): readonly Descriptor[] => {
  const manifest = { mediaType: mediaType.manifest, digest: digestOf(raw), size: raw.length }
  atomicWrite(layoutBlob(directory, config), records, { mode: 0o644 })
  atomicWrite(layoutBlob(directory, manifest), raw, { mode: 0o644 })
  const others = entriesOf(directory).filter((one) => one.annotations?.[tagAnnotation] !== tag)
  const entries = [...others, { ...manifest, annotations: { [tagAnnotation]: tag } }]
  const index = { schemaVersion: 2, mediaType: mediaType.index, manifests: entries }
  atomicWrite(join(directory, 'index.json'), canonicalJson(index), { mode: 0o644 })
  return entries
}

const isThere = (directory: HostPath, blob: Descriptor): boolean => {
  const found = lstatSync(layoutBlob(directory, blob), { throwIfNoEntry: false })
  return found?.isFile() === true && found.size === blob.size
}

/** What a layout holds, and what others who make one now have written. */
const ownNames = /^(?:blobs|ingest|index\.json|oci-layout|lock(?:\.[0-9a-f]+)?|\.[0-9a-f]{16}\.tmp)$/

const makeLayout = (directory: HostPath): void => {
  if (existsSync(join(directory, 'oci-layout'))) return
  makeDirectories(directory)
  const foreign = readdirSync(directory).filter((name) => !ownNames.test(name))
  if (foreign.length > 0) {
    throw new AppError('cache-io', `write the cache ${directory}: it holds other things than a cache`, {
      exitCode: exitCode.usage,
      hint: 'give the path of a new directory',
    })
  }
  mkdirSync(join(directory, 'blobs/sha256'), { recursive: true })
  atomicWrite(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}', { mode: 0o644 })
}

const entriesOf = (directory: HostPath): readonly Descriptor[] => {
  const path = join(directory, 'index.json')
  return existsSync(path) ? parseIndex(readFileSync(path, 'utf8')).manifests : []
}

/** Copied blobs appear whole: under their names by a rename. */
const temporary = '.tsbuild.'

const copyBlob = (directory: HostPath, blob: BlobFile): void => {
  const target = layoutBlob(directory, blob)
  const temp = join(directory, 'blobs/sha256', temporary + ownedName())
  try {
    copyFileSync(blob.path, temp, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    renameSync(temp, target)
  } finally {
    rmSync(temp, { force: true })
  }
}

/** What earlier exports left. Where an entry is no manifest that can be read, nobody can say what it needs: all stays. */
const removeUnnamed = (directory: HostPath, entries: readonly Descriptor[]): void => {
  const named = new Set<string>()
  for (const entry of entries) {
    if (entry.mediaType !== mediaType.manifest || !isThere(directory, entry)) return
    const { config, layers } = parseManifest(readFileSync(layoutBlob(directory, entry), 'utf8'))
    for (const { digest } of [entry, config, ...layers]) named.add(hexOf(digest))
  }
  const blobs = join(directory, 'blobs/sha256')
  for (const name of readdirSync(blobs)) {
    const isLeft = name.startsWith(temporary) && isAbandoned(name.slice(temporary.length))
    if (isLeft || (/^[0-9a-f]{64}$/.test(name) && !named.has(name)))
      rmSync(join(blobs, name), { force: true })
  }
}

const wrapped = (directory: HostPath, work: () => void): void => {
  try {
    work()
  } catch (cause) {
    if (errnoOf(cause) === undefined || cause instanceof AppError) throw cause
    throw new AppError('cache-io', `write the cache ${directory}: ${errnoOf(cause)}`, {
      exitCode: exitCode.storeIo,
      cause,
    })
  }
}
