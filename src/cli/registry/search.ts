import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { RunVerb } from '../context.ts'

/** `tsbuild search`: what docker's own site answers is no part of the protocol that registries speak. */
export const run: RunVerb = async () => {
  throw new AppError('unsupported', 'search: registries have no search that they all speak', {
    exitCode: exitCode.usage,
    hint: '`tsbuild tags REPOSITORY` lists the tags of a repository',
  })
}
