import type { Digest } from '../../foundation/oci/index.ts'
import { parseDocument } from './document.ts'
import { type CacheSecret, checkSignature } from './signature.ts'
import type { CachedStep, CachePlace } from './types.ts'

export interface ImportedStep extends CachedStep {
  readonly place: CachePlace
}

/** What caches elsewhere know. */
export interface Imported {
  readonly isEmpty: boolean
  /** The first cache that was named wins. */
  find(key: Digest): ImportedStep | undefined
  /** Nothing of it is believed any more: it has given bytes that it did not promise, or none. */
  distrust(place: CachePlace): void
  trusts(place: CachePlace): boolean
}

/** A place, read; undefined where there is an image without a cache. Throws `bad-cache`, `cache-unsigned`, and what the place throws. */
export const readPlace = async (
  place: CachePlace,
  key: CacheSecret | undefined,
): Promise<readonly CachedStep[] | undefined> => {
  const document = await place.read()
  if (!document) return undefined
  checkSignature(document, key, place.shown)
  return parseDocument(document.bytes, place.shown, document.blobs)
}

export const importSteps = (
  read: readonly { readonly place: CachePlace; readonly steps: readonly CachedStep[] }[],
): Imported => {
  const byKey = new Map<Digest, ImportedStep[]>()
  for (const { place, steps } of read) {
    for (const step of steps) {
      const imported = { ...step, place }
      for (const key of step.keys) {
        const known = byKey.get(key)
        if (known) known.push(imported)
        else byKey.set(key, [imported])
      }
    }
  }
  const distrusted = new Set<CachePlace>()
  return {
    isEmpty: byKey.size === 0,
    find: (key) => byKey.get(key)?.find(({ place }) => !distrusted.has(place)),
    distrust: (place) => distrusted.add(place),
    trusts: (place) => !distrusted.has(place),
  }
}
