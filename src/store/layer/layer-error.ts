import { AppError, type ErrorOptions, exitCode } from '../../foundation/errors/index.ts'
import type { ContentProblem } from '../../foundation/filetree/index.ts'

export type LayerErrorCode =
  /** The tar is malformed, hostile or beyond a limit. */
  | 'bad-layer'
  /** The stored table of contents is damaged. */
  | 'bad-index'
  /** The table of a patch is damaged. */
  | 'bad-patch'
  /** A file on disk is not what its entry says. */
  | 'file-changed'
  /** A decompression limit was passed. */
  | 'layer-too-large'
  /** Sound, but it uses something that cannot be read here. */
  | 'unsupported-compression'
  /** A tree that overlay wrote with a feature that this store does not use. */
  | 'unsupported-tree'
  | 'layer-io'

export class LayerError extends AppError<LayerErrorCode> {}

/** Refuses a tar: `reason` says what was expected and found. */
export const badLayer = (reason: string, options: ErrorOptions = {}): LayerError =>
  new LayerError('bad-layer', `read layer tar: ${reason}`, {
    hint: 'the archive is damaged or was made to do harm; get it again from where it came',
    ...options,
  })

/** Refuses a stored table of contents. */
export const badIndex = (why: string): LayerError =>
  new LayerError('bad-index', `open layer index: ${why}`, {
    hint: 'the index will be made again from the layer',
  })

/** Refuses the table of a patch. */
export const damagedPatch = (why: string): LayerError =>
  new LayerError('bad-patch', `open patch of a layer: ${why}`, {
    hint: 'run tsbuild fsck --repair, then build or pull what has this layer again',
  })

/** A file whose bytes were to go into a layer. `what` names it. */
export const contentRefused = (what: string, problem: ContentProblem): LayerError => {
  switch (problem.kind) {
    case 'short':
      return new LayerError(
        'file-changed',
        `read ${what}: expected ${problem.expected} bytes, found ${problem.found}`,
        { hint: 'the file changed while it was read; try again' },
      )
    case 'not-a-file':
      return new LayerError('file-changed', `read ${what}: expected a regular file`)
    case 'unreadable':
      return problem.errno === 'ELOOP'
        ? new LayerError('file-changed', `read ${what}: expected a regular file, found a symlink`)
        : layerIo(`read ${what}`, problem.errno)
  }
}

/** Wraps an error of the file system. */
export const layerIo = (doing: string, cause: unknown): LayerError =>
  new LayerError('layer-io', `${doing}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    exitCode: exitCode.storeIo,
    cause,
  })
