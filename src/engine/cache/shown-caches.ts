import { AppError } from '../../foundation/errors/index.ts'
import type { BuildContextOptions } from '../build/types.ts'
import { readPlace } from './imported.ts'
import type { CacheSecret } from './signature.ts'
import type { CachedStep, CachePlace, CacheTarget } from './types.ts'

type ShownContext = Pick<BuildContextOptions, 'events' | 'signal' | 'now'>

/** Shown as docker shows it: a step of its own, and a failure is no failure of the build. */
export const readShown = async (
  place: CachePlace,
  key: CacheSecret | undefined,
  { events, now, signal }: ShownContext,
): Promise<{ readonly place: CachePlace; readonly steps: readonly CachedStep[] }> => {
  const name = `importing cache manifest from ${place.shown}`
  events({ kind: 'vertex-started', id: name, name, at: now() })
  try {
    const steps = await readPlace(place, key)
    if (!steps)
      events({
        kind: 'vertex-log',
        id: name,
        stream: 'stderr',
        chunk: Buffer.from('it has no build cache\n'),
      })
    return { place, steps: steps ?? [] }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof AppError)) throw error
    events({ kind: 'warning', message: `${name}: ${error.message}` })
    return { place, steps: [] }
  } finally {
    events({ kind: 'vertex-finished', id: name, at: now() })
  }
}

/** Says which layers are fetched. */
export const shownPlace = (place: CachePlace, { events, now }: ShownContext): CachePlace => ({
  ...place,
  fetch: async (layer, signal) => {
    const id = `fetch ${layer.diffId}`
    events({
      kind: 'vertex-started',
      id,
      name: `fetching layer ${layer.blob.digest} from ${place.shown}`,
      at: now(),
    })
    try {
      await place.fetch(layer, signal)
    } finally {
      events({ kind: 'vertex-finished', id, at: now() })
    }
  },
})

export const shownExport = async (
  shown: string,
  { ignoreError }: CacheTarget,
  { events, now, signal }: ShownContext,
  work: () => Promise<void>,
): Promise<void> => {
  const name = `exporting cache to ${shown}`
  events({ kind: 'vertex-started', id: name, name, at: now() })
  try {
    await work()
    events({ kind: 'vertex-finished', id: name, at: now() })
  } catch (error) {
    signal.throwIfAborted()
    const message = error instanceof Error ? error.message : String(error)
    if (!ignoreError || !(error instanceof AppError)) {
      events({ kind: 'vertex-failed', id: name, at: now(), message })
      throw error
    }
    events({ kind: 'warning', message: `${name}: ${message}` })
    events({ kind: 'vertex-finished', id: name, at: now() })
  }
}
