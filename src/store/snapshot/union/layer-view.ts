import type { FileContent } from '../../../foundation/filetree/index.ts'
import type { IndexAddition, LayerIndex } from '../../layer/index.ts'

/** One layer as the merged view sees it. */
export interface LayerView {
  /** Different for each layer. */
  readonly id: string
  /** As `writeIndex` writes it. */
  readonly index: LayerIndex
  /** Bytes of a file of this layer that has bytes of its own (no hard link). */
  content(entry: IndexAddition): FileContent
  /** Lower-case hex sha256 of a file of this layer. */
  digest(entry: IndexAddition): string
  /** The same where it need not be computed. */
  knownDigest(entry: IndexAddition): string | undefined
  /** What somebody else has computed. */
  learn(entry: IndexAddition, digest: string): void
}
