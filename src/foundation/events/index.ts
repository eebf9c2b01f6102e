/** What a use case tells the world while it works. Consumed by the terminal views, the library and the tests. */
import type { Diagnostic } from '../errors/index.ts'
import type { Digest } from '../oci/index.ts'

/** `id` names a vertex within one build. Times are milliseconds since the epoch. */
export type ProgressEvent =
  | { readonly kind: 'plan'; readonly total: number }
  | {
      readonly kind: 'vertex-started'
      readonly id: string
      readonly name: string
      readonly at: number
    }
  | {
      readonly kind: 'vertex-cached'
      readonly id: string
      readonly name: string
    }
  | {
      readonly kind: 'vertex-log'
      readonly id: string
      readonly stream: 'stdout' | 'stderr'
      readonly chunk: Uint8Array
    }
  | {
      readonly kind: 'vertex-progress'
      readonly id: string
      readonly done: number
      readonly total?: number
      readonly unit: 'bytes' | 'files'
    }
  | {
      readonly kind: 'vertex-finished'
      readonly id: string
      readonly at: number
    }
  | {
      readonly kind: 'vertex-failed'
      readonly id: string
      readonly at: number
      readonly message: string
    }
  | { readonly kind: 'diagnostic'; readonly diagnostic: Diagnostic }
  | { readonly kind: 'warning'; readonly message: string }
  | {
      readonly kind: 'image'
      readonly id: Digest
      readonly names: readonly string[]
    }

export type ProgressSink = (event: ProgressEvent) => void
