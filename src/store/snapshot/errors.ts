import { AppError, type ErrorOptions, exitCode } from '../../foundation/errors/index.ts'

export type SnapshotErrorCode =
  | 'store-too-new'
  | 'store-foreign'
  | 'store-denied'
  | 'bad-layer-id'
  | 'bad-snapshot-id'
  | 'layer-not-found'
  | 'layer-mismatch'
  | 'layer-not-ready'
  | 'snapshot-not-found'
  | 'snapshot-ended'
  | 'symlink-loop'
  | 'not-a-file'

/** What goes wrong with stacks of layers. Exit code 74 unless said otherwise. */
export class SnapshotError extends AppError<SnapshotErrorCode> {
  constructor(code: SnapshotErrorCode, message: string, options: ErrorOptions = {}) {
    super(code, message, { exitCode: exitCode.storeIo, ...options })
  }
}

export const layerNotFound = (id: string): SnapshotError =>
  new SnapshotError('layer-not-found', `find layer ${id}: not in the store, or not whole`, {
    hint: '`tsbuild fsck --repair` says what is lost, and fetches what was pulled; or build, pull or load the image again',
  })
