import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import { ownedName } from '../../foundation/sys/index.ts'
import {
  type Compression,
  createTarParser,
  decompress,
  decompressedIndexOf,
  type IndexEntry,
  LayerError,
} from '../../store/layer/index.ts'
import { archiveRoot } from './archive-root.ts'
import { badArchive, quoted } from './bad-archive.ts'
import type { ArchiveRequest, ContextArchive } from './types.ts'

/** Bytes that an archive may unpack to. */
const maxUnpacked = 64 * 2 ** 30

/** Reads no further than to the first member. Damage before it means that this is no tar. */
export const beginsWithMember = async ({ path, signal }: ArchiveRequest): Promise<boolean> => {
  let found = false
  const parser = createTarParser({
    member: () => {
      found = true
    },
  })
  try {
    for await (const chunk of decompress(path, { signal })) {
      parser.push(chunk)
      if (found) break
    }
  } catch (error) {
    if (!(error instanceof LayerError) || error.code !== 'bad-layer') throw error
  }
  return found
}

/** Members in any order become entries in tree order; of equal names the last counts. Nothing is written under their names. */
export const openTar = async (request: ArchiveRequest, compression: Compression): Promise<ContextArchive> => {
  const unpacked = compression === 'none' ? undefined : await unpack(request)
  const dispose = (): void => {
    if (unpacked !== undefined) rmSync(unpacked, { force: true })
  }
  const path = unpacked ?? request.path
  try {
    const entries = decompressedIndexOf(path)
    for (const entry of entries) {
      refuseLayerMarks(entry, request.shown)
      refuseBadCapability(entry, request.shown)
    }
    return {
      write: (writer) => {
        writer.add(archiveRoot(request.now))
        for (const entry of entries) {
          if (entry.kind === 'whiteout' || entry.implied || entry.path === '') continue
          const { offset, contentDigest, ...plain } = entry
          if (entry.type !== 'file' || entry.hardlink !== undefined || offset === undefined) writer.add(plain)
          else writer.add(plain, { kind: 'range', path, offset, size: entry.size }, contentDigest)
        }
      },
      [Symbol.dispose]: dispose,
    }
  } catch (error) {
    dispose()
    throw error
  }
}

const unpack = async ({ path, stage, signal }: ArchiveRequest): Promise<HostPath> => {
  const target = join(stage, ownedName())
  const fd = openSync(target, 'wx', 0o600)
  try {
    for await (const chunk of decompress(path, { maxOutput: maxUnpacked, signal })) {
      for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done, chunk.length - done)
    }
    return target
  } catch (error) {
    rmSync(target, { force: true })
    throw error
  } finally {
    closeSync(fd)
  }
}

/** The marks of image layers would remove files of the image that the context is copied to. */
const refuseLayerMarks = (entry: IndexEntry, shown: string): void => {
  if (entry.kind === 'whiteout' || entry.opaque)
    throw badArchive(shown, `it has a whiteout for ${quoted(entry.path)}, which only layers of images have`)
}

/** Sizes of `struct vfs_ns_cap_data` by its revision: what setxattr(2) takes (capabilities(7)). */
const capabilitySizes: ReadonlyMap<number, number> = new Map([
  [2, 20],
  [3, 24],
])

/** Told with the name of the entry, before a step fails to unpack it. */
const refuseBadCapability = (entry: IndexEntry, shown: string): void => {
  const value = entry.kind === 'add' ? entry.xattrs?.get('security.capability') : undefined
  if (value === undefined || capabilitySizes.get(value[3] ?? 0) === value.length) return
  throw badArchive(shown, `${quoted(entry.path)} has file capabilities that no kernel takes`)
}
