import type { StepResult } from '../../build/ops/index.ts'
import { cacheKeyOf, type Executor, type StepCache } from '../../build/solver/index.ts'
import { portableKey, renameLayers } from './portable-key.ts'
import { createRemoteResults, type RemoteResults } from './remote-results.ts'
import { createSessionNotes } from './session-notes.ts'
import { executeStep, prepareStep, type SessionParts } from './session-steps.ts'
import type { DoneStep, SessionOptions } from './session-types.ts'

/** Stands between the solver on one side, and the executor and the store's own records on the other. */
export interface CacheSession {
  readonly executor: Executor<StepResult>
  readonly cache: StepCache<StepResult>
  /** The same result with all of its layers in the store. */
  readonly ready: RemoteResults['ready']
  done(): readonly DoneStep[]
  /** Writes records of the store for what has come from caches, where there are none. */
  remember(): void
}

export const openSession = (options: SessionOptions): CacheSession => {
  const notes = createSessionNotes(options)
  const remote = createRemoteResults(options)
  const parts: SessionParts = { options, notes, remote }
  return {
    executor: { prepare: prepareStep(parts) },
    ready: remote.ready,
    done: notes.believed,
    remember: () => {
      for (const step of notes.believed()) recordArrived(step, options)
    },
    cache: cacheOf(parts),
  }
}

/** The store's records first, then caches elsewhere. */
const cacheOf = (parts: SessionParts): StepCache<StepResult> => {
  const { notes, remote } = parts
  const { local, imported, names } = parts.options
  return {
    get: (key) => {
      const known = local.get(key)
      return known && notes.done(key, known)
    },
    further: async (key) => {
      const step = notes.asked.get(key)
      if (!step || imported.isEmpty) return undefined
      const found = imported.find(await portableKey(step.components, names.diffIdOf))
      if (!found) return undefined
      const instead = async (): Promise<StepResult> => notes.done(key, await executeStep(parts, step, true))
      return notes.done(key, remote.adopt(found, instead), { found })
    },
    put: (key, entry) => {
      notes.done(key, entry.result, { milliseconds: entry.milliseconds })
      // Of a step whose inputs had to be fetched the record is there, under the names that those have now.
      if (!notes.asked.get(key)?.inputs.some(remote.isRemote)) local.put(key, entry)
    },
  }
}

const recordArrived = (
  { components: named, imported, result, vertex }: DoneStep,
  { names, local }: Pick<SessionOptions, 'names' | 'local'>,
): void => {
  // What is known by its definition has no key of this store.
  if (!imported || named.some(({ name, value }) => name === 'op' && value === 'definition')) return
  const components = renameLayers(named, names.arrived)
  const stack = result.stack.flatMap((id) => names.arrived(id) ?? [])
  if (!components || stack.length < result.stack.length) return
  const key = cacheKeyOf(components)
  if (local.get(key)) return
  const { milliseconds } = imported
  local.put(key, { components, result: { ...result, stack }, name: vertex.name, milliseconds })
}
