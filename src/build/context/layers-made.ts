import { readFileSync } from 'node:fs'
import { parentOf } from '../../foundation/filetree/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite } from '../../foundation/sys/index.ts'
import type { WrittenCache } from './looked-at.ts'
import type { StatCache } from './stat-cache.ts'
import type { EarlierLayer, LayersMade, TarPlace } from './types.ts'
import type { RememberedContext, UnchangedDirectories } from './unchanged-directories.ts'

/** Beside the stat cache: what its directories looked like when layers were made of them. */
export interface LayersMadeRecord extends LayersMade {
  /** Whether something was remembered that is not written down yet. */
  areNew(): boolean
  /** The stat cache as this build leaves it. */
  save(cache: Pick<WrittenCache, 'seal' | 'stamps'>): void
}

/** By directory: its stamp (`StatCache.stamp`) and its place in the tar. */
type Directories = Readonly<Record<string, readonly [stamp: string, start: number, end: number]>>

interface MadeLayer {
  readonly key: string
  readonly layer: string
  /** Of the stat cache that has all these stamps: as long as it is there, none need be taken. */
  readonly seal?: string
  readonly directories: Directories
}

/** Of the steps of one Dockerfile few copy whole directories. */
const most = 8

/**
 * A directory stands in an earlier layer as it would in a new one when it has not changed since the stat cache was written, and the cache
 * says of it what it said when that layer was made: all names with their times, so even a file that was only touched tells.
 */
export const createLayersMade = (
  { stateFile, cache, rules }: RememberedContext,
  unchanged: UnchangedDirectories,
): LayersMadeRecord => {
  const file = `${stateFile}.layers`
  let known: readonly MadeLayer[] | undefined
  const fresh = new Map<string, { readonly layer: string; readonly places: ReadonlyMap<string, TarPlace> }>()
  const read = (): readonly MadeLayer[] => {
    known ??= readMade(file)
    return known
  }
  return {
    find(key) {
      const made = cache.rules === rules ? read().find((one) => one.key === key) : undefined
      return made && earlierLayer(made, cache, unchanged)
    },
    remember: (key, layer, places) => void fresh.set(key, { layer, places }),
    areNew: () => fresh.size > 0,
    save({ seal, stamps }) {
      if (fresh.size === 0 || stamps === undefined) return
      const now = [...fresh].map(([key, { layer, places }]): MadeLayer => {
        const stamped = [...places].flatMap(([path, { start, end }]) => {
          const stamp = stamps.get(path)
          return stamp === undefined ? [] : [[path, [stamp, start, end]] as const]
        })
        return { key, layer, seal, directories: Object.fromEntries(stamped) }
      })
      const others = read().filter(({ key }) => !fresh.has(key))
      atomicWrite(file, JSON.stringify([...now, ...others].slice(0, most)))
    },
  }
}

const earlierLayer = (
  { layer, seal, directories }: MadeLayer,
  cache: StatCache,
  unchanged: UnchangedDirectories,
): EarlierLayer => {
  /** Directories at or below which something differs. */
  const different = new Set<string>()
  for (const path of cache.directories()) {
    const then = Object.hasOwn(directories, path) ? directories[path] : undefined
    if (then !== undefined && (seal === cache.seal || then[0] === cache.stamp(path))) continue
    for (let up = path; !different.has(up); up = parentOf(up)) different.add(up)
  }
  const placeOf = (path: string): TarPlace | undefined => {
    const [, start, end] = (Object.hasOwn(directories, path) ? directories[path] : undefined) ?? []
    return start === undefined || end === undefined ? undefined : { start, end }
  }
  return {
    layer,
    unchanged: (directory) =>
      unchanged.hasTree(directory) && !different.has(directory) ? placeOf(directory) : undefined,
    *below(directory) {
      for (const path of cache.directories(directory)) {
        const place = placeOf(path)
        if (place) yield [path, place]
      }
    },
  }
}

/** What cannot be read is forgotten. */
const readMade = (file: HostPath): readonly MadeLayer[] => {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return Array.isArray(value) ? value.filter(isMadeLayer) : []
  } catch {
    return []
  }
}

const isMadeLayer = (value: unknown): value is MadeLayer =>
  typeof value === 'object' &&
  value !== null &&
  'key' in value &&
  typeof value.key === 'string' &&
  'layer' in value &&
  typeof value.layer === 'string' &&
  (!('seal' in value) || typeof value.seal === 'string') &&
  'directories' in value &&
  typeof value.directories === 'object' &&
  value.directories !== null &&
  Object.values(value.directories).every(isPlace)

const isPlace = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length === 3 &&
  typeof value[0] === 'string' &&
  Number.isSafeInteger(value[1]) &&
  Number.isSafeInteger(value[2]) &&
  value[1] <= value[2]
