import type { Vertex } from '../../build/graph/index.ts'
import type { StepResult } from '../../build/ops/index.ts'
import type { CacheKey, Executor, KeyComponent, StepCache } from '../../build/solver/index.ts'
import type { Imported, ImportedStep } from './imported.ts'
import type { LayerNames } from './layer-names.ts'

/** A step whose result is known by now, as the exporter needs it. */
export interface DoneStep {
  readonly vertex: Vertex
  readonly inputs: readonly StepResult[]
  readonly components: readonly KeyComponent[]
  readonly result: StepResult
  /** What a cache said of it, where it is from one. */
  readonly imported?: ImportedStep
  /** What executing it took. */
  readonly milliseconds: number
}

export interface SessionOptions {
  readonly executor: Executor<StepResult>
  /** Records of the store, which go before those of caches. */
  readonly local: StepCache<StepResult>
  /** Milliseconds that a step took whose record the store has. */
  readonly costOf: (key: CacheKey) => number
  readonly imported: Imported
  readonly names: LayerNames
  /** Told of a result that could not be had; its step is executed. */
  readonly lost: (step: ImportedStep, error: Error) => void
  readonly signal: AbortSignal
  /** Milliseconds since the epoch. */
  readonly now: () => number
}
