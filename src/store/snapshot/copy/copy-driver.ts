import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errnoOf } from '../../../foundation/errors/index.ts'
import { type FileTree, fsPath, type TreeEntry } from '../../../foundation/filetree/index.ts'
import { type RootMount, scanTree } from '../../../foundation/native/index.ts'
import { digestOf, type HostPath, hexOf } from '../../../foundation/oci/index.ts'
import { atomicWrite, ownedName } from '../../../foundation/sys/index.ts'
import type { LayerEntry } from '../../layer/index.ts'
import type { Driver, WritableState } from '../driver.ts'
import { rootOfEntry, rootOfStack, sameRoot } from '../root-attributes.ts'
import { moveToTrash } from '../trash.ts'
import type { LayerId, Stack } from '../types.ts'
import { markVolatile } from '../volatile.ts'
import type { Workshop } from '../workshop.ts'
import { addTree, writeEntries } from '../write-entries.ts'
import { writeLayer } from '../write-layer.ts'
import { readNotes, withoutNoted } from './noted-changes.ts'
import { diffTrees, type Seen, type StampedEntry } from './tree-diff.ts'

/**
 * States as whole directories, for file systems without overlay. Layers are kept as tars only, since whiteouts cannot be
 * relied on there. A state's directory holds `root` and `stamps`, by which the changes are found, and `stubs`: which of them are mount
 * points that the helper made.
 */
export const copyDriver = (shop: Workshop, union: (stack: Stack) => FileTree): Driver => ({
  async view(stack, signal) {
    signal?.throwIfAborted()
    return { kind: 'bind', source: mergedTree(shop, stack, union), readonly: true }
  },
  async start({ directory, stack }, signal) {
    signal?.throwIfAborted()
    const root = join(directory, 'root')
    mkdirSync(root, { mode: 0o700 })
    writeEntries(root, (writer) => addTree(union(stack), writer))
    writeStamps(directory, stampTree(root))
    // Times of inodes have the resolution of the kernel's tick: a change within the same tick would not show.
    await sleep(tick, undefined, signal ? { signal } : {})
    return writable(directory)
  },
  async resume(directory) {
    return writable(directory)
  },
  finish: async (state) => captureChanges(shop, state),
  capture: async (state) => captureChanges(shop, state),
  changes: (state) => changesIn(shop, state),
})

const tick = 20

const writable = (directory: HostPath): RootMount => ({
  kind: 'bind',
  source: join(directory, 'root'),
  readonly: false,
  stubs: join(directory, 'stubs'),
})

/** One directory per stack, made once and shared by everybody who only reads. */
const mergedTree = (shop: Workshop, stack: Stack, union: (stack: Stack) => FileTree): HostPath => {
  const target = join(shop.paths.merged, hexOf(digestOf(stack.join('\n'))))
  if (existsSync(target)) return target
  const staged = join(shop.paths.active, ownedName())
  mkdirSync(staged, { mode: 0o700 })
  try {
    writeEntries(staged, (writer) => addTree(union(stack), writer))
    markVolatile(shop.paths, 'merged')
    renameSync(staged, target)
  } catch (error) {
    moveToTrash(shop.paths, staged)
    const errno = errnoOf(error)
    if (errno !== 'ENOTEMPTY' && errno !== 'EEXIST') throw error
  }
  return target
}

const changesIn = (shop: Workshop, { directory, stack }: WritableState): readonly LayerEntry[] => {
  const root = join(directory, 'root')
  const now = stampTree(root)
  const top = now[0]?.entry
  const notes = readNotes(join(directory, 'stubs'))
  const changes: LayerEntry[] = [...diffTrees(readStamps(directory), withoutNoted(now, notes))]
  if (top && !sameRoot(rootOfEntry(top), rootOfStack(shop, stack))) changes.unshift({ ...top, kind: 'add' })
  return changes
}

const captureChanges = (shop: Workshop, state: WritableState): LayerId => {
  const root = join(state.directory, 'root')
  const changes = changesIn(shop, state)
  return writeLayer(shop, (writer) => {
    for (const entry of changes) {
      const isFile = entry.kind === 'add' && entry.type === 'file' && entry.hardlink === undefined
      if (isFile)
        writer.add(entry, { kind: 'range', path: join(root, entry.path), offset: 0, size: entry.size })
      else writer.add(entry)
    }
  })
}

const stampTree = (root: HostPath): readonly StampedEntry[] =>
  scanTree(root).map((entry) => ({ entry, ...seenAt(root, entry) }))

/** ctime changes with every change of contents or metadata and cannot be set. The number of an inode is given again soon. */
const seenAt = (root: HostPath, { path, type }: TreeEntry): Seen => {
  const { ino, ctimeNs, birthtimeNs } = lstatSync(fsPath(join(root, path)), { bigint: true })
  const stamp = `${ino}:${ctimeNs}`
  return type === 'directory' ? { stamp, identity: `${ino}:${birthtimeNs}` } : { stamp }
}

const writeStamps = (directory: HostPath, entries: readonly StampedEntry[]): void =>
  atomicWrite(
    join(directory, 'stamps'),
    entries
      .map(({ entry, stamp, identity = '-' }) => `${stamp} ${identity} ${JSON.stringify(entry.path)}\n`)
      .join(''),
  )

const readStamps = (directory: HostPath): ReadonlyMap<string, Seen> => {
  const stamps = new Map<string, Seen>()
  for (const line of readFileSync(join(directory, 'stamps'), 'utf8').split('\n')) {
    const [, stamp, identity, quoted = ''] = /^(\S+) (?:(\S+) )?(".*")$/.exec(line) ?? []
    const path: unknown = quoted === '' ? undefined : JSON.parse(quoted)
    if (stamp === undefined || typeof path !== 'string') continue
    stamps.set(path, identity === undefined || identity === '-' ? { stamp } : { stamp, identity })
  }
  return stamps
}
