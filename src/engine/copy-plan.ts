import { AppError, exitCode } from '../foundation/errors/index.ts'

/** One side of a copy, as far as it decides what becomes of it. */
export interface CopyEnd {
  /** As typed. */
  readonly path: string
  readonly exists: boolean
  readonly isDirectory: boolean
}

/** Does the path end as only that of a directory can? */
export const saysDirectory = (path: string): boolean => /(?:^|\/)\.{0,1}$/.test(path)

/** Does it mean what is in the directory, and not the directory (`SRC/.`)? */
export const saysContents = (path: string): boolean => /(?:^|\/)\.\/*$/.test(path)

/**
 * Docker's table: does the source go into the directory that is the destination, or does it become the destination? Throws
 * `copy-refused` for what can be neither.
 */
export const planCopy = (source: CopyEnd, destination: CopyEnd): 'into' | 'as' => {
  if (destination.exists && destination.isDirectory)
    return source.isDirectory && saysContents(source.path) ? 'as' : 'into'
  if (destination.exists && source.isDirectory)
    throw refused(`copy ${source.path}: it is a directory, and ${destination.path} is none`)
  if (!source.isDirectory && saysDirectory(destination.path))
    throw refused(`copy to ${destination.path}: there is no such directory`)
  return 'as'
}

export const refused = (message: string, hint?: string): AppError =>
  new AppError('copy-refused', message, {
    exitCode: exitCode.failed,
    ...(hint === undefined ? {} : { hint }),
  })
