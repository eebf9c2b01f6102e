import type { RecordTable } from '../../store/records/index.ts'
import type { SnapshotStore } from '../../store/snapshot/index.ts'
import type { RemoteEnvironment, UrlRecord } from '../remote/index.ts'

/** What ops that fetch need; wired by the engine. */
export interface FetchEnvironment {
  readonly snapshots: SnapshotStore
  readonly remote: RemoteEnvironment
  /** What servers said of URLs, by `urlKey`. */
  readonly urls: RecordTable<UrlRecord>
  /** Milliseconds since the epoch. */
  now(): number
}
