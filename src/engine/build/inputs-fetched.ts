import { createReadStream, statSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { parseSourceUrl, shownUrl } from '../../build/source-url/index.ts'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { Store } from '../store.ts'
import { dockerfileInTree } from './dockerfile-in-tree.ts'
import { findDockerfile } from './find-dockerfile.ts'
import { type Unpacked, unpackChunks } from './inputs-archive.ts'
import {
  type Fetched,
  type Fetching,
  fetchContext,
  fetchText,
  usable,
  withCommitTimes,
} from './inputs-remote.ts'
import { readStdinText, stdinChunks } from './inputs-stdin.ts'
import type { BuildInputs, BuildInputsContext, BuildInputsRequest } from './inputs-types.ts'
import { namedContext } from './named-context.ts'
import type { ContextInput, DockerfileSource } from './types.ts'

export interface FetchInputsContext extends BuildInputsContext {
  /** The context, when it is a directory. */
  readonly directory: HostPath | undefined
  /** Why the context's word means nothing. */
  readonly missing: () => AppError
}

/** Everything but a plain directory with a Dockerfile: loaded when it is needed. */
export const fetchBuildInputs = async (
  store: Store,
  request: BuildInputsRequest,
  context: FetchInputsContext,
): Promise<BuildInputs> => {
  refuseTwoReaders(request)
  const lease = await store.lease(context.signal)
  try {
    const fetching: Fetching = { ...context, store, lease, request }
    const main = await mainContext(request, context, fetching)
    const dockerfile = await dockerfileOf(main, request, fetching)
    const contexts = new Map<string, ContextInput>()
    for (const { name, value } of request.namedContexts ?? [])
      contexts.set(name, await namedContext(name, value, fetching))
    return { dockerfile, context: main.input, contexts, [Symbol.dispose]: lease.release }
  } catch (error) {
    lease.release()
    throw error
  }
}

const refuseTwoReaders = ({ context, file }: BuildInputsRequest): void => {
  if (file !== '-' || context !== '-') return
  throw new AppError('usage', 'read context and Dockerfile from standard input: it can be only one of them', {
    exitCode: exitCode.usage,
    hint: 'give the context as a directory: tsbuild -f - .',
  })
}

interface MainContext {
  readonly input: ContextInput
  /** Set when what was given as the context is the Dockerfile itself. */
  readonly dockerfile?: DockerfileSource
}

const mainContext = async (
  request: BuildInputsRequest,
  { directory, missing }: FetchInputsContext,
  fetching: Fetching,
): Promise<MainContext> => {
  if (directory !== undefined) return { input: { kind: 'directory', path: directory } }
  if (request.context === '-') {
    const unpacked = await unpackChunks(
      stdinChunks(request.stdin, fetching.signal),
      'standard input',
      fetching,
    )
    return ofUnpacked(unpacked, 'standard input', request)
  }
  const path = resolve(request.cwd, request.context)
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) {
    const unpacked = await unpackChunks(createReadStream(path), request.context, fetching)
    // A file that is no archive is a Dockerfile that was given in the wrong place.
    if (unpacked.kind === 'text') throw missing()
    return ofUnpacked(unpacked, request.context, request)
  }
  const source = parseSourceUrl(request.context)
  if (source.kind === 'other') throw missing()
  return ofFetched(await fetchContext(withCommitTimes(usable(source), request), fetching))
}

const ofUnpacked = (unpacked: Unpacked, shown: string, { file }: BuildInputsRequest): MainContext => {
  if (unpacked.kind === 'archive') return { input: { ...unpacked, kind: 'layers', shown } }
  if (file !== undefined) {
    throw new AppError(
      'usage',
      `read the Dockerfile from ${shown} and from ${file}: it can be only one of them`,
      {
        exitCode: exitCode.usage,
        hint: 'leave -f out, or give a tar archive on standard input',
      },
    )
  }
  // Docker's context is then empty.
  return {
    input: { kind: 'layers', shown: 'the empty build context', stack: [] },
    dockerfile: unpacked.dockerfile,
  }
}

const ofFetched = ({ dockerfile, ...context }: Fetched): MainContext => ({
  input: { kind: 'layers', ...context },
  ...(dockerfile === undefined ? {} : { dockerfile }),
})

const dockerfileOf = async (
  main: MainContext,
  { file, cwd, stdin }: BuildInputsRequest,
  fetching: Fetching,
): Promise<DockerfileSource> => {
  if (file === '-') return readStdinText(stdin, fetching.signal)
  const source = file === undefined ? undefined : parseSourceUrl(file)
  if (source?.kind === 'http') return fetchText(source, fetching)
  if (source?.kind === 'bad') usable(source)
  const { input } = main
  if (input.kind === 'directory') return findDockerfile({ contextDirectory: input.path, file, cwd })
  if (main.dockerfile) return main.dockerfile
  if (file !== undefined && isAbsolute(file)) return findDockerfile({ contextDirectory: cwd, file, cwd })
  if (input.kind !== 'layers')
    throw new AppError(
      'usage',
      `use ${shownUrl(fetching.request.context)} as the build context: it is an image`,
    )
  return dockerfileInTree(fetching.store.snapshots.union(input.stack), file, input.shown)
}
