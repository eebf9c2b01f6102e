import type { ProgressSink } from '../../foundation/events/index.ts'
import type { Brand, Digest } from '../../foundation/oci/index.ts'
import type { Vertex } from '../graph/index.ts'

/** Digest of a step's key components; equal keys mean equal work. */
export type CacheKey = Brand<Digest, 'CacheKey'>

/** One named part of a key, kept with the record so that a miss can be explained. */
export interface KeyComponent {
  readonly name: string
  readonly value: string
}

/** What a step's executor is given besides the vertex. */
export interface StepContext {
  readonly signal: AbortSignal
  readonly events: ProgressSink
}

/** What an executor makes of a vertex: its key first, the work itself only when the key is unknown. */
export interface PreparedStep<R> {
  /** Empty: the step is never cached (a source is cheap and immutable). */
  readonly components: readonly KeyComponent[]
  execute(): Promise<R>
  /**
   * What its users get, made from what was executed or remembered: for a step whose result does not depend on all of its
   * inputs, and is remembered without them. By default the result itself.
   */
  place?(result: R): R
}

/** Knows how to do ops. The solver knows when, and whether at all. */
export interface Executor<R> {
  /** `inputs` are the results of `vertex.inputs`, in order. */
  prepare(vertex: Vertex, inputs: readonly R[], context: StepContext): Promise<PreparedStep<R>>
}

/** Results of earlier builds. `get` returns only results that are whole in the store. */
export interface StepCache<R> {
  get(key: CacheKey): R | undefined
  /** Asked when `get` knows nothing: results that lie elsewhere, which may take a while to find. */
  further?(key: CacheKey): Promise<R | undefined>
  put(
    key: CacheKey,
    entry: {
      readonly components: readonly KeyComponent[]
      readonly result: R
      readonly name: string
      readonly milliseconds: number
    },
  ): void
}
