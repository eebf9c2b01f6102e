import { firstFailure, InternalError } from '../../foundation/errors/index.ts'
import type { ProgressSink } from '../../foundation/events/index.ts'
import type { Plan, Vertex, VertexId } from '../graph/index.ts'
import { cacheKeyOf } from './cache-key.ts'
import type { Executor, StepCache } from './types.ts'
import { createWorkerLimit } from './worker-limit.ts'

export interface SolveOptions<R> {
  readonly executor: Executor<R>
  readonly cache: StepCache<R>
  readonly events: ProgressSink
  /** Steps that may execute at the same time; at least 1. */
  readonly parallelism: number
  readonly now: () => number
  readonly signal: AbortSignal
}

/**
 * Results of all vertices of a plan. A vertex starts as soon as its inputs are there; independent ones run side by side.
 * The first failure stops the others (they are aborted and waited for, so that nothing runs on) and is thrown.
 */
export const solve = async <R>(
  plan: Pick<Plan, 'vertices'>,
  options: SolveOptions<R>,
): Promise<ReadonlyMap<VertexId, R>> => {
  const abort = new AbortController()
  const signal = AbortSignal.any([options.signal, abort.signal])
  const limit = createWorkerLimit(options.parallelism)
  const started = new Map<VertexId, Promise<R>>()
  const failures: unknown[] = []

  const resultOf = (id: VertexId): Promise<R> =>
    started.get(id) ?? Promise.reject(new InternalError(`solve: input ${id} is not planned before its user`))

  for (const vertex of plan.vertices) {
    const inputs = vertex.inputs.map(resultOf)
    const result = Promise.all(inputs).then((ready) =>
      limit(() => step(vertex, ready, { ...options, signal })),
    )
    started.set(vertex.id, result)
    result.catch((error: unknown) => {
      failures.push(error)
      abort.abort(error)
    })
  }
  await Promise.allSettled(started.values())
  options.signal.throwIfAborted()
  if (failures.length > 0) throw failures[0]
  const results = new Map<VertexId, R>()
  for (const [id, result] of started) results.set(id, await result)
  return results
}

const step = async <R>(vertex: Vertex, inputs: readonly R[], options: SolveOptions<R>): Promise<R> => {
  const { cache, events, signal, now } = options
  signal.throwIfAborted()
  const { id, name } = vertex
  const from = now()
  try {
    const prepared = await options.executor.prepare(vertex, inputs, {
      signal,
      events,
    })
    const place = (result: R): R => prepared.place?.(result) ?? result
    const cacheable = prepared.components.length > 0
    const key = cacheKeyOf(prepared.components)
    const mayKnow = cacheable && !vertex.noCache
    const known = mayKnow ? (cache.get(key) ?? (await cache.further?.(key))) : undefined
    if (known !== undefined) {
      events({ kind: 'vertex-cached', id, name })
      return place(known)
    }
    events({ kind: 'vertex-started', id, name, at: from })
    const result = await prepared.execute()
    if (cacheable)
      cache.put(key, {
        components: prepared.components,
        result,
        name,
        milliseconds: now() - from,
      })
    events({ kind: 'vertex-finished', id, at: now() })
    return place(result)
  } catch (thrown) {
    const error = firstFailure(thrown)
    if (!signal.aborted)
      events({
        kind: 'vertex-failed',
        id,
        at: now(),
        message: error instanceof Error ? error.message : String(error),
      })
    throw error
  }
}
