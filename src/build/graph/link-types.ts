import type { Platform } from '../../foundation/oci/index.ts'
import type { ContextSource } from './types.ts'

/** What a name in FROM, COPY --from or RUN --mount=from stands for. */
export type Link =
  | { readonly kind: 'scratch' }
  /** May be a later one, which nothing can be copied from. */
  | { readonly kind: 'stage'; readonly index: number }
  | { readonly kind: 'image'; readonly reference: string }
  /** `name` is the key of `PlanRequest.contexts`. */
  | { readonly kind: 'context'; readonly name: string; readonly source: ContextSource }

/** What a stage starts from. */
export interface Base {
  readonly platform: Platform
  readonly link: Link
  /** As written, variables put in. */
  readonly image: string
  /** A named context of the stage's name stands for the whole stage: its instructions are not done. */
  readonly replaced: boolean
}
