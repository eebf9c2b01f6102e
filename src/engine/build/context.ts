import { join } from 'node:path'
import { type BuildContext, openDirectoryContext, readIgnoreFile } from '../../build/context/index.ts'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { digestOf, type HostPath, hexOf } from '../../foundation/oci/index.ts'
import type { Store } from '../store.ts'
import type { BuildOptions } from './types.ts'

export interface LazyContext {
  /** Opens the context the first time that a step asks for it: a build without COPY and ADD reads nothing. */
  get(): BuildContext
  /** Keeps what was learned about unchanged files, if it was opened. */
  save(): void
}

export const openBuildContext = (options: BuildOptions, store: Store): LazyContext => {
  const { contextDirectory: directory, dockerfile } = options
  let opened: BuildContext | undefined
  return {
    get: () => {
      if (directory === undefined) {
        throw new AppError('no-context', 'copy from the build context: this build has none', {
          exitCode: exitCode.usage,
          hint: 'give a directory as the context and the Dockerfile with -f',
        })
      }
      opened ??= openContext(directory, dockerfile.path, store)
      return opened
    },
    save: () => opened?.save(),
  }
}

const openContext = (directory: HostPath, dockerfile: HostPath | undefined, store: Store): BuildContext => {
  const ignore = readIgnoreFile({ directory, ...(dockerfile === undefined ? {} : { dockerfile }) })
  return openDirectoryContext({
    directory,
    ...(ignore === undefined ? {} : { ignore }),
    stateFile: join(store.root, 'context', hexOf(digestOf(directory)).slice(0, 32)),
  })
}
