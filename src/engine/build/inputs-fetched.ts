import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { Store } from '../store.ts'
import { findDockerfile } from './find-dockerfile.ts'
import type { BuildInputs, BuildInputsContext, BuildInputsRequest } from './inputs.ts'
import { readStdinText } from './inputs-stdin.ts'
import type { ContextInput, DockerfileSource } from './types.ts'

export interface FetchInputsContext extends BuildInputsContext {
  /** The context, when it is a directory. */
  readonly directory: HostPath | undefined
  /** Why the context's word means nothing. */
  readonly missing: () => AppError
}

/** Everything but a plain directory with a Dockerfile: loaded when it is needed. */
export const fetchBuildInputs = async (
  _store: Store,
  request: BuildInputsRequest,
  context: FetchInputsContext,
): Promise<BuildInputs> => {
  const main: ContextInput | undefined =
    context.directory === undefined ? undefined : { kind: 'directory', path: context.directory }
  if (!main && request.context !== '-') throw context.missing()
  const dockerfile = await dockerfileOf(request, context)
  return {
    dockerfile,
    context: main ?? { kind: 'layers', shown: 'the empty build context', stack: [] },
    contexts: new Map(),
    [Symbol.dispose]: () => {},
  }
}

const dockerfileOf = async (
  { context, file, cwd, stdin }: BuildInputsRequest,
  { directory, signal }: FetchInputsContext,
): Promise<DockerfileSource> => {
  if (file === '-' && context === '-') {
    throw new AppError(
      'usage',
      'read context and Dockerfile from standard input: it can be only one of them',
      {
        exitCode: exitCode.usage,
        hint: 'give the context as a directory: tsbuild -f - .',
      },
    )
  }
  if (file === '-' || directory === undefined) return readStdinText(stdin, signal)
  return findDockerfile({ contextDirectory: directory, file, cwd })
}
