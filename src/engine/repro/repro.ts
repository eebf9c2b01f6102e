import { closeSync, openSync, readSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { FileContent } from '../../foundation/filetree/index.ts'
import { randomName } from '../../foundation/sys/index.ts'
import type { Image } from '../../store/image/index.ts'
import { build } from '../build/build.ts'
import type { BuildContextOptions, BuildOptions } from '../build/types.ts'
import { type ConfigDifference, compareImages, type PathDifference } from '../image-diff.ts'
import type { Store } from '../store.ts'
import { type Cause, type Circumstances, type Explained, explainContent } from './causes.ts'

/** A path that two builds made differently, and why. */
export interface ReproFinding extends PathDifference {
  /** `mtime`: only its time; `metadata`: mode, owner and the like; `presence`: one of the builds does not have it. */
  readonly cause: Cause | 'mtime' | 'metadata' | 'presence'
  readonly sample?: Explained['sample']
}

export interface ReproReport {
  readonly equal: boolean
  readonly images: readonly [string, string]
  /** The instruction that made the first layer that differs. */
  readonly step?: string
  readonly files: readonly ReproFinding[]
  readonly config: readonly ConfigDifference[]
  /** What to do about each cause that was found. */
  readonly hints: Readonly<Record<string, string>>
}

/**
 * Builds twice and compares. No step is taken from the cache, cache mounts start empty, and hostname, time and the order in which
 * steps run are others the second time. Nothing is named, and neither image stays. Throws what `build` throws.
 */
export const reproduce = async (
  store: Store,
  options: BuildOptions,
  context: BuildContextOptions,
): Promise<ReproReport> => {
  const before = new Set(store.images.summaries().map(({ id }) => id))
  const [platform] = options.platforms ?? []
  const { platforms: _, indexAnnotations: __, ...rest } = options
  const plain = { ...rest, ...(platform && { platform }), names: [], noCache: true, sync: false }
  // The machine's clock: files have its time, whatever the caller takes for now.
  const begin = seconds(Date.now())
  using lease = await store.lease(context.signal)
  const first = await once(store, { ...plain, parallelism: 1 }, context, 'first')
  lease.hold([first.id, first.manifest.digest, ...first.stack])
  const between = seconds(Date.now())
  // Times of files have whole seconds.
  while (seconds(Date.now()) === between) await setTimeout(50, undefined, { signal: context.signal })
  const second = await once(store, plain, context, 'again')
  const end = seconds(Date.now())
  try {
    return compare(store, first, second, { hostnames: [hostname('first'), hostname('again')], begin, end })
  } finally {
    for (const image of [first, second]) if (!before.has(image.id)) store.images.remove(image)
  }
}

const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)

/** Equally long, so that sizes do not differ for this. */
const hostname = (which: 'first' | 'again'): string => `repro-${which}`

const once = async (
  store: Store,
  options: BuildOptions,
  context: BuildContextOptions,
  which: 'first' | 'again',
): Promise<Image> => {
  const namespace = `repro-${randomName()}`
  const buildArgs = {
    BUILDKIT_SANDBOX_HOSTNAME: hostname(which),
    ...options.buildArgs,
    BUILDKIT_CACHE_MOUNT_NS: namespace,
  }
  try {
    return (await build(store, { ...options, buildArgs }, context)).image
  } finally {
    for (const { id } of store.cacheMounts.list())
      if (id.includes(namespace)) await store.cacheMounts.prune({ id })
  }
}

const compare = (store: Store, a: Image, b: Image, circumstances: Circumstances): ReproReport => {
  const images = [a.manifest.digest, b.manifest.digest] as const
  if (images[0] === images[1]) return { equal: true, images, files: [], config: [], hints: {} }
  const { files, config } = compareImages(store.snapshots, a, b)
  const found = files.map((file) => ({ ...file, ...explain(store, a, b, file, circumstances) }))
  const step = firstStep(a, b)
  const causes = new Set<string>([
    ...found.map(({ cause }) => cause),
    ...(config.some(({ member }) => /(?:^|\.)created$/.test(member)) ? ['mtime'] : []),
  ])
  return {
    equal: false,
    images,
    ...(step === undefined ? {} : { step }),
    files: found,
    config,
    hints: Object.fromEntries(Object.entries(hints).filter(([cause]) => causes.has(cause))),
  }
}

const explain = (
  store: Store,
  a: Image,
  b: Image,
  { path, kind, aspects }: PathDifference,
  circumstances: Circumstances,
): Pick<ReproFinding, 'cause' | 'sample'> => {
  if (kind !== 'changed') return { cause: 'presence' }
  if (aspects.includes('content')) {
    const [before, after] = [a, b].map((image) => contentOf(store, image, path.slice(1)))
    return before && after ? explainContent(before, after, circumstances) : { cause: 'random' }
  }
  return { cause: aspects.join() === 'mtime' ? 'mtime' : 'metadata' }
}

/** Larger files are compared as far as this. */
const maxBytes = 16 << 20

const contentOf = (store: Store, image: Image, path: string): Buffer | undefined => {
  const tree = store.snapshots.union(image.stack)
  const entry = tree.lookup(path)
  return entry && readContent(tree.content(entry))
}

const readContent = (content: FileContent): Buffer => {
  if (content.kind === 'bytes') return Buffer.from(content.bytes.subarray(0, maxBytes))
  const fd = openSync(content.path, 'r')
  try {
    const buffer = Buffer.alloc(Math.min(content.size, maxBytes))
    const count = readSync(fd, buffer, 0, buffer.length, content.offset)
    return buffer.subarray(0, count)
  } finally {
    closeSync(fd)
  }
}

const firstStep = (a: Image, b: Image): string | undefined => {
  const at = a.config.rootfs.diff_ids.findIndex((diffId, layer) => diffId !== b.config.rootfs.diff_ids[layer])
  const makers = (a.config.history ?? []).filter((entry) => !entry.empty_layer)
  return at < 0 ? undefined : makers[at]?.created_by
}

const hints: Readonly<Record<string, string>> = {
  mtime: 'set SOURCE_DATE_EPOCH and give --rewrite-timestamp: no new file is newer than that then',
  date: 'a program writes the time into its output: most look at SOURCE_DATE_EPOCH (ARG SOURCE_DATE_EPOCH), gzip has -n, logs can be removed in the same RUN',
  order:
    'the same lines in another order: sort the input, or let the program run in one thread; set LC_ALL=C',
  host: 'the hostname is in it: give the program a fixed name, or leave it out',
  path: 'the name of a temporary directory is in it: use a fixed one, or map prefixes (-ffile-prefix-map)',
  pid: 'a process id or a counter is in it: remove the file, or give the program a fixed value',
  random:
    'keys, ids or hashes that are made anew each time: make them when the container starts, or give a seed',
  presence:
    'the file is made under a new name each time, or only sometimes: remove caches and temporary files in the same RUN',
  metadata: 'mode, owner or attributes depend on something: set them with chmod and chown',
}
