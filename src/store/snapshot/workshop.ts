import { randomName } from '../../foundation/sys/index.ts'
import type { ContentStore } from '../content/index.ts'
import type { CompressedForms } from './compressed-forms.ts'
import { SnapshotError } from './errors.ts'
import type { LayerTable } from './layer-table.ts'
import { isLayerId, type StorePaths } from './store-paths.ts'
import type { LayerId } from './types.ts'

/** What the parts of this room share. */
export interface Workshop {
  readonly paths: StorePaths
  readonly content: ContentStore
  readonly layers: LayerTable
  readonly forms: CompressedForms
  /** See `SnapshotOptions`; `never` once an image could not be mounted. */
  images: 'worthwhile' | 'always' | 'never'
  /** Seconds since the epoch. */
  readonly now: () => number
}

export const newLayerId = (): LayerId => {
  const id = randomName()
  if (!isLayerId(id)) throw new SnapshotError('bad-layer-id', `make layer id: ${id} is none`)
  return id
}

/**
 * One run at a time of the same work in this process: who asks while it runs gets its result. Nothing is remembered
 * once it has ended.
 */
export const sharedWork = <K, R>(): ((key: K, work: () => Promise<R>) => Promise<R>) => {
  const running = new Map<K, Promise<R>>()
  return (key, work) => {
    const found = running.get(key)
    if (found) return found
    const started = work().finally(() => running.delete(key))
    running.set(key, started)
    return started
  }
}
