import { byCodeUnit, type FileTree, type TreeEntry } from '../foundation/filetree/index.ts'
import type { ImageConfig } from '../foundation/oci/index.ts'
import type { Image } from '../store/image/index.ts'
import { byTreeOrder } from '../store/layer/index.ts'
import type { SnapshotStore } from '../store/snapshot/index.ts'

/** What of a path is different. */
export type PathAspect =
  | 'type'
  | 'content'
  | 'target'
  | 'device'
  | 'mode'
  | 'owner'
  | 'xattrs'
  | 'mtime'
  | 'links'

/** One path that two images do not have in common. */
export interface PathDifference {
  readonly path: string
  readonly kind: 'added' | 'removed' | 'changed'
  /** Empty unless changed. */
  readonly aspects: readonly PathAspect[]
}

/** A member of the config: its path, and both values as JSON; undefined where it is missing. */
export interface ConfigDifference {
  readonly member: string
  readonly before?: unknown
  readonly after?: unknown
}

export interface ImageDifference {
  readonly files: readonly PathDifference[]
  readonly config: readonly ConfigDifference[]
}

/** What is different between the root file systems of two images, in tree order, and between their configs. */
export const compareImages = (snapshots: SnapshotStore, a: Image, b: Image): ImageDifference => ({
  files: compareTrees(snapshots.union(a.stack), snapshots.union(b.stack)),
  config: compareConfigs(a.config, b.config),
})

const compareTrees = (a: FileTree, b: FileTree): readonly PathDifference[] => {
  const found: PathDifference[] = []
  const pending = ['']
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const before = new Map(childrenOf(a, directory).map((entry) => [entry.path, entry]))
    const after = new Map(childrenOf(b, directory).map((entry) => [entry.path, entry]))
    for (const path of new Set([...before.keys(), ...after.keys()])) {
      const [old, now] = [before.get(path), after.get(path)]
      const difference = compareEntries(a, b, old, now)
      if (difference) found.push({ path: `/${path}`, ...difference })
      if (old?.type === 'directory' || now?.type === 'directory') pending.push(path)
    }
  }
  return found.sort((x, y) => byTreeOrder(x.path, y.path))
}

const childrenOf = (tree: FileTree, path: string): readonly TreeEntry[] =>
  path === '' || tree.lookup(path)?.type === 'directory' ? tree.children(path) : []

const compareEntries = (
  a: FileTree,
  b: FileTree,
  before: TreeEntry | undefined,
  after: TreeEntry | undefined,
): Omit<PathDifference, 'path'> | undefined => {
  if (!after) return { kind: 'removed', aspects: [] }
  if (!before) return { kind: 'added', aspects: [] }
  const same: Readonly<Record<PathAspect, boolean>> = {
    type: before.type === after.type,
    content: before.type !== 'file' || after.type !== 'file' || sameContent(a, b, before, after),
    target: before.linkName === after.linkName,
    device: before.major === after.major && before.minor === after.minor,
    mode: before.mode === after.mode,
    owner: before.uid === after.uid && before.gid === after.gid,
    xattrs: xattrsOf(before) === xattrsOf(after),
    // Layers have whole seconds.
    mtime: before.mtime === after.mtime,
    links: (before.inode === undefined) === (after.inode === undefined),
  }
  const aspects = aspectNames.filter((name) => !same[name])
  return aspects.length > 0 ? { kind: 'changed', aspects } : undefined
}

const aspectNames: readonly PathAspect[] = [
  'type',
  'content',
  'target',
  'device',
  'mode',
  'owner',
  'xattrs',
  'mtime',
  'links',
]

const sameContent = (a: FileTree, b: FileTree, before: TreeEntry, after: TreeEntry): boolean => {
  if (before.size !== after.size) return false
  if (isSameSlice(a, b, before, after)) return true
  return a.contentDigest(before) === b.contentDigest(after)
}

/** Files of a layer that both images have need not be read. */
const isSameSlice = (a: FileTree, b: FileTree, before: TreeEntry, after: TreeEntry): boolean => {
  const [x, y] = [a.content(before), b.content(after)]
  return x.kind === 'range' && y.kind === 'range' && x.path === y.path && x.offset === y.offset
}

const xattrsOf = ({ xattrs }: TreeEntry): string =>
  [...(xattrs ?? [])]
    .map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`)
    .sort(byCodeUnit)
    .join()

/** Config and history by member; the layers' digests follow from the files. */
const compareConfigs = (a: ImageConfig, b: ImageConfig): readonly ConfigDifference[] => {
  const before = new Map(membersOf(withoutLayers(a)))
  const after = new Map(membersOf(withoutLayers(b)))
  return [...new Set([...before.keys(), ...after.keys()])].sort(byCodeUnit).flatMap((member) => {
    const [old, now] = [before.get(member), after.get(member)]
    return JSON.stringify(old) === JSON.stringify(now) ? [] : [{ member, before: old, after: now }]
  })
}

const withoutLayers = ({ rootfs: _, ...config }: ImageConfig): object => config

const membersOf = (value: unknown, path = ''): readonly (readonly [string, unknown])[] => {
  if (typeof value !== 'object' || value === null) return [[path, value]]
  return Object.entries(value).flatMap(([key, member]: readonly [string, unknown]) =>
    membersOf(member, path === '' ? key : `${path}.${key}`),
  )
}
