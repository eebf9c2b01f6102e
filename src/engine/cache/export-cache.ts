import type { Descriptor, DiffId, Digest } from '../../foundation/oci/index.ts'
import { defaultCompression } from '../../store/compression/index.ts'
import type { LayerId } from '../../store/snapshot/index.ts'
import { compressedLayer, inParallel } from '../../store/transfer/index.ts'
import type { Store } from '../store.ts'
import { cacheLimits, encodeDocument, type NamedLayer } from './document.ts'
import { BuildCacheError } from './errors.ts'
import type { LayerNames } from './layer-names.ts'
import { definitionOf, portableKey } from './portable-key.ts'
import type { DoneStep } from './session-types.ts'
import { type CacheSecret, signDocument } from './signature.ts'
import type { BlobFile, CachedStep, CacheSink, CacheTarget } from './types.ts'

export interface Exporting {
  readonly store: Store
  readonly names: LayerNames
  readonly key: CacheSecret | undefined
  readonly signal: AbortSignal
}

/** A step on its way out. */
export type OutgoingStep = Omit<CachedStep, 'layers'> & {
  readonly layers: readonly NamedLayer[]
  readonly step: DoneStep
}

/** The steps that go out: with `only` those all of whose layers are among these. Reads layers whose DiffIds nobody has asked for. */
export const outgoingSteps = async (
  done: readonly DoneStep[],
  { names }: Pick<Exporting, 'names'>,
  only?: ReadonlySet<DiffId>,
): Promise<readonly OutgoingStep[]> => {
  const going: OutgoingStep[] = []
  for (const step of done) {
    if (step.result.stack.length > cacheLimits.layersOfStep) continue
    const layers: NamedLayer[] = []
    for (const id of step.result.stack) layers.push({ diffId: await names.diffIdOf(id) })
    if (only && !layers.every(({ diffId }) => only.has(diffId))) continue
    going.push({
      keys: await keysOf(step, names, only === undefined),
      layers,
      name: step.vertex.name,
      created: step.result.created ?? 0,
      milliseconds: step.milliseconds,
      step,
    })
  }
  return going.slice(-cacheLimits.steps)
}

const keysOf = async (
  { vertex, inputs, components, imported }: DoneStep,
  { diffIdOf }: LayerNames,
  withDefinition: boolean,
): Promise<readonly Digest[]> => {
  const keys = new Set<Digest>([...(imported?.keys ?? []), await portableKey(components, diffIdOf)])
  // Of what the image alone is made from nobody could say what the other inputs were.
  const stacks = inputs.map(({ stack }) => stack)
  const definition = withDefinition ? await definitionOf(vertex, stacks, diffIdOf) : undefined
  if (definition) keys.add(await portableKey(definition, diffIdOf))
  return [...keys].slice(0, cacheLimits.keysOfStep)
}

/** Layers at a time. */
const parallel = 4

/** Writes the steps and their layers to one place. */
export const exportSteps = async (
  steps: readonly OutgoingStep[],
  sink: CacheSink,
  { compression = defaultCompression, force }: Pick<CacheTarget, 'compression' | 'force'>,
  { store, names, key, signal }: Exporting,
): Promise<void> => {
  const users = new Map<LayerId, DoneStep>()
  for (const { step } of steps) for (const id of step.result.stack) if (!users.has(id)) users.set(id, step)
  if (users.size > cacheLimits.layers)
    throw new BuildCacheError(
      'bad-cache',
      `write the cache ${sink.shown}: it would have ${users.size} layers`,
    )

  const send = async (id: LayerId, user: DoneStep, one: AbortSignal): Promise<Descriptor> => {
    const elsewhere = names.arrived(id) === undefined ? names.remote(id) : undefined
    // What was not needed here need not come here when it is there already.
    if (elsewhere && (await sink.has(elsewhere.blob))) return elsewhere.blob
    if (elsewhere) await user.imported?.place.fetch(elsewhere, one)
    const transfer = { store, signal: one, events: () => undefined }
    const blob: BlobFile = await compressedLayer(transfer, names.arrived(id) ?? id, compression, force)
    await sink.add(blob)
    const { mediaType, digest, size } = blob
    return { mediaType, digest, size }
  }
  const blobs = new Map<DiffId, Descriptor>()
  await inParallel(
    [...users],
    parallel,
    async ([id, user], one) => {
      blobs.set(await names.diffIdOf(id), await send(id, user, one))
    },
    signal,
  )
  const bytes = encodeDocument(
    steps.map((step) => ({ ...step, layers: step.layers.map((layer) => withBlob(layer, blobs)) })),
  )
  if (bytes.length > cacheLimits.document)
    throw new BuildCacheError(
      'bad-cache',
      `write the cache ${sink.shown}: its records would have ${bytes.length} bytes`,
    )
  await sink.finish({ bytes, signature: key && signDocument(bytes, key) }, [...blobs.values()])
}

const withBlob = ({ diffId }: NamedLayer, blobs: ReadonlyMap<DiffId, Descriptor>): NamedLayer => {
  const blob = blobs.get(diffId)
  return blob ? { diffId, blob } : { diffId }
}
