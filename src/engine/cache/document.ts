import {
  type Descriptor,
  type DiffId,
  type Digest,
  isDigest,
  parseDiffId,
  parseStrictJson,
} from '../../foundation/oci/index.ts'
import { BuildCacheError } from './errors.ts'
import type { CachedLayer, CachedStep } from './types.ts'

/** Media type of the records, which are the config of the artifact. */
export const cacheMediaType = 'application/vnd.tsbuild.cache.config.v1+json'

/** The same of an artifact of cache mounts. */
export const mountsMediaType = 'application/vnd.tsbuild.cache-mounts.config.v1+json'

/** What an artifact is told by. */
export type CacheMediaType = typeof cacheMediaType | typeof mountsMediaType

/** Annotation of the manifest that holds the signature of the records. */
export const signatureAnnotation = 'dev.tsbuild.cache.signature'

/** Annotation of an image's manifest that holds the records of its own layers: deflate, base64. */
export const inlineAnnotation = 'dev.tsbuild.cache.records'

/** Beyond these a cache is refused, and the writer leaves out what is over them. Sizes in bytes. */
export const cacheLimits = {
  document: 8 * 1024 * 1024,
  steps: 10_000,
  layers: 8000,
  layersOfStep: 512,
  keysOfStep: 8,
  name: 1000,
  layerSize: 64 * 1024 ** 3,
} as const

/** A layer of a document whose blobs are told by another one. */
export type NamedLayer = Pick<CachedLayer, 'diffId'> & Partial<Pick<CachedLayer, 'blob'>>
type StepOf<L> = Omit<CachedStep, 'layers'> & { readonly layers: readonly L[] }

/**
 * The records of a cache: each layer once, steps naming them by position. Says nothing of arguments, environment or paths: keys are
 * digests.
 */
export const encodeDocument = (steps: readonly StepOf<NamedLayer>[]): Buffer => {
  const layers = new Map<DiffId, { readonly position: number; readonly layer: NamedLayer }>()
  const positionOf = (layer: NamedLayer): number => {
    const known = layers.get(layer.diffId)
    if (known) return known.position
    const position = layers.size
    layers.set(layer.diffId, { position, layer })
    return position
  }
  const written = steps.map(({ keys, layers: own, name, created, milliseconds }) => ({
    keys,
    layers: own.map(positionOf),
    name: name.slice(0, cacheLimits.name),
    created: Math.floor(created),
    milliseconds: Math.floor(milliseconds),
  }))
  const named = [...layers.values()].map(({ layer: { diffId, blob } }) => ({
    diffId,
    ...(blob && { mediaType: blob.mediaType, digest: blob.digest, size: blob.size }),
  }))
  return Buffer.from(JSON.stringify({ version: 1, layers: named, steps: written }))
}

type Json = Readonly<Record<string, unknown>>

const bad = (shown: string, why: string): BuildCacheError =>
  new BuildCacheError('bad-cache', `read the cache ${shown}: ${why}`)

/**
 * The records as they were written. `blobs` are the blobs of layers by their DiffIds, where the document does not name them. Throws
 * `bad-cache` for anything unexpected or beyond `cacheLimits`.
 */
export const parseDocument = (
  bytes: Buffer,
  shown: string,
  blobs?: ReadonlyMap<DiffId, Descriptor>,
): readonly CachedStep[] => {
  if (bytes.length > cacheLimits.document) throw bad(shown, `its records have ${bytes.length} bytes`)
  const document = parseJson(bytes, shown)
  if (document['version'] !== 1) throw bad(shown, 'expected version 1 of the records')
  const layers = listOf(document['layers'], cacheLimits.layers, 'layers', shown).map((layer) =>
    parseLayer(layer, shown, blobs),
  )
  return listOf(document['steps'], cacheLimits.steps, 'steps', shown).map((step) =>
    parseStep(step, layers, shown),
  )
}

const parseJson = (bytes: Buffer, shown: string): Json => {
  try {
    return objectOf(parseStrictJson(bytes.toString('utf8')), shown)
  } catch (cause) {
    if (cause instanceof BuildCacheError) throw cause
    throw new BuildCacheError('bad-cache', `read the cache ${shown}: its records are not JSON`, { cause })
  }
}

const objectOf = (value: unknown, shown: string): Json => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw bad(shown, 'expected an object')
}

const listOf = (value: unknown, most: number, what: string, shown: string): readonly unknown[] => {
  if (!Array.isArray(value)) throw bad(shown, `${what} is not a list`)
  if (value.length > most) throw bad(shown, `it has ${value.length} ${what}, more than ${most}`)
  return value
}

const digestOrBad = (value: unknown, shown: string): Digest => {
  if (typeof value === 'string' && isDigest(value)) return value
  throw bad(shown, 'expected a digest')
}

/** Throws `bad-cache`. */
export const parseLayer = (
  value: unknown,
  shown: string,
  blobs?: ReadonlyMap<DiffId, Descriptor>,
): CachedLayer => {
  const layer = objectOf(value, shown)
  const diffId = parseDiffId(digestOrBad(layer['diffId'], shown))
  if (blobs) {
    const blob = blobs.get(diffId)
    if (!blob) throw bad(shown, `layer ${diffId} is not in the image`)
    return { diffId, blob }
  }
  const { mediaType, size } = layer
  const digest = digestOrBad(layer['digest'], shown)
  if (typeof mediaType !== 'string' || !layerTypes.test(mediaType))
    throw bad(shown, `layer ${diffId} is of an unknown type`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0 || size > cacheLimits.layerSize)
    throw bad(shown, `layer ${diffId} has an impossible size`)
  return { diffId, blob: { mediaType, digest, size } }
}

const layerTypes = /^application\/vnd\.(?:oci\.image\.layer|docker\.image\.rootfs)\.[a-z0-9.+]{1,60}$/

const parseStep = (value: unknown, layers: readonly CachedLayer[], shown: string): CachedStep => {
  const step = objectOf(value, shown)
  const name = step['name']
  if (typeof name !== 'string' || name.length > cacheLimits.name) throw bad(shown, 'a step has no name')
  return {
    keys: listOf(step['keys'], cacheLimits.keysOfStep, 'keys of a step', shown).map((key) =>
      digestOrBad(key, shown),
    ),
    layers: listOf(step['layers'], cacheLimits.layersOfStep, 'layers of a step', shown).map((position) => {
      const layer = typeof position === 'number' ? layers[position] : undefined
      if (!layer) throw bad(shown, 'a step names a layer that is not there')
      return layer
    }),
    // It is shown on terminals.
    name: name.replace(/\p{Cc}/gu, ' '),
    created: numberOf(step['created'], shown),
    milliseconds: numberOf(step['milliseconds'], shown),
  }
}

/** The last millisecond of the year 9999. */
const latest = 253_402_300_799_999

const numberOf = (value: unknown, shown: string): number => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= latest) return value
  throw bad(shown, 'a time is not a whole number')
}
