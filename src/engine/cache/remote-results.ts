import type { StepResult } from '../../build/ops/index.ts'
import { AppError } from '../../foundation/errors/index.ts'
import { inParallel } from '../../store/transfer/index.ts'
import type { ImportedStep } from './imported.ts'
import { arrivedStack } from './layer-names.ts'
import type { SessionOptions } from './session-types.ts'

/** Results whose layers lie elsewhere until somebody needs them. */
export interface RemoteResults {
  isRemote(result: StepResult): boolean
  /** With all layers in the store. The same result is fetched once. Throws when what is done `instead` fails. */
  ready(result: StepResult): Promise<StepResult>
  /** The result that a cache has; nothing is fetched. `instead` is done when it cannot be had. */
  adopt(found: ImportedStep, instead: () => Promise<StepResult>): StepResult
  /** `result` on top of `root`. */
  joined(root: StepResult, result: StepResult): StepResult
}

/** Layers at a time. */
const parallel = 6

export const createRemoteResults = ({
  names,
  imported,
  lost,
  signal,
}: Pick<SessionOptions, 'names' | 'imported' | 'lost' | 'signal'>): RemoteResults => {
  const waiting = new WeakMap<StepResult, () => Promise<StepResult>>()
  const ready = (result: StepResult): Promise<StepResult> =>
    waiting.get(result)?.() ?? Promise.resolve(result)

  const fetchAll = async ({ layers, place }: ImportedStep): Promise<void> => {
    if (!imported.trusts(place))
      throw new AppError('bad-cache', `use the cache ${place.shown}: it has failed before`)
    const missing = layers.filter((layer) => names.remote(names.idOf(layer)) !== undefined)
    await inParallel(missing, parallel, (layer, one) => place.fetch(layer, one), signal)
  }
  const fetched = async (
    found: ImportedStep,
    result: StepResult,
    instead: () => Promise<StepResult>,
  ): Promise<StepResult> => {
    try {
      await fetchAll(found)
      return { ...result, stack: arrivedStack(names, result.stack) }
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof AppError)) throw error
      imported.distrust(found.place)
      lost(found, error)
      return instead()
    }
  }
  return {
    ready,
    isRemote: (result) => waiting.has(result),
    adopt: (found, instead) => {
      const result = { stack: found.layers.map((layer) => names.idOf(layer)), created: found.created }
      if (result.stack.some((id) => names.remote(id) !== undefined))
        waiting.set(
          result,
          once(() => fetched(found, result, instead)),
        )
      return result
    },
    joined: (root, result) => {
      const joined = { ...result, stack: [...root.stack, ...result.stack] }
      if (waiting.has(root) || waiting.has(result)) {
        const both = async (): Promise<StepResult> => {
          const [below, above] = await Promise.all([ready(root), ready(result)])
          return { ...above, stack: [...below.stack, ...above.stack] }
        }
        waiting.set(joined, once(both))
      }
      return joined
    },
  }
}

const once = <T>(work: () => Promise<T>): (() => Promise<T>) => {
  let running: Promise<T> | undefined
  return () => (running ??= work())
}
