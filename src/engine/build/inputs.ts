import { type Stats, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { AppError, exitCode, suggest } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { Store } from '../store.ts'
import { fileKind } from './file-kind.ts'
import { findDockerfile } from './find-dockerfile.ts'
import type { BuildInputs, BuildInputsContext, BuildInputsRequest } from './inputs-types.ts'

/**
 * Finds the Dockerfile and the contexts of a build, and brings into the store what has to be fetched. Nothing is left behind
 * when it fails. Throws `no-context`, `no-dockerfile` and the like with exit codes 2 and 65, and what fetching throws.
 */
export const openBuildInputs = async (
  store: Store,
  request: BuildInputsRequest,
  context: BuildInputsContext,
): Promise<BuildInputs> => {
  const directory = directoryAt(request)
  const { file } = request
  const isPlain = directory !== undefined && file !== '-' && !isUrl(file) && !request.namedContexts?.length
  if (isPlain) {
    return {
      dockerfile: findDockerfile({ contextDirectory: directory, file, cwd: request.cwd }),
      context: { kind: 'directory', path: directory },
      contexts: new Map(),
      [Symbol.dispose]: () => {},
    }
  }
  const { fetchBuildInputs } = await import('./inputs-fetched.ts')
  return fetchBuildInputs(store, request, { ...context, directory, missing: () => noContext(request) })
}

/** A directory wins over whatever else the word may mean. */
const directoryAt = ({ context, cwd }: BuildInputsRequest): HostPath | undefined => {
  if (context === '-') return undefined
  const path = resolve(cwd, context)
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : undefined
}

const isUrl = (text: string | undefined): boolean => text !== undefined && /^https?:\/\//.test(text)

/** What is found where a directory or an archive was expected. */
const whatIsThere = (stat: Stats | undefined): string => {
  if (stat === undefined) return 'there is no such directory'
  return stat.isFile() ? 'it is neither a directory nor an archive' : `it is ${fileKind(stat)}`
}

const noContext = ({ context, cwd, commands = [] }: BuildInputsRequest): AppError => {
  const stat = statSync(resolve(cwd, context), { throwIfNoEntry: false })
  const near = suggest(context, commands)
  const found = whatIsThere(stat)
  return new AppError('no-context', `use ${context} as the build context: ${found}`, {
    exitCode: exitCode.usage,
    hint: stat
      ? `the context is the directory that COPY reads; name the Dockerfile with -f: tsbuild -f ${context} .`
      : near
        ? `did you mean the command: tsbuild ${near}?`
        : 'the last word of the command is the directory that COPY reads, often .',
  })
}
