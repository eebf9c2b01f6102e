import type { ProgressSink } from '../../foundation/events/index.ts'

/** Shows the events of one use case to a person or a log. */
export interface ProgressView {
  readonly events: ProgressSink
  /** Leaves the terminal as it was; call it before printing anything else. */
  close(): void
}
