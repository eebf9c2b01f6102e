import { prepareFetch } from '../../build/ops/index.ts'
import { type GitUrl, type HttpUrl, type SourceUrl, shownUrl } from '../../build/source-url/index.ts'
import { AppError, exitCode } from '../../foundation/errors/index.ts'
import { digestOf } from '../../foundation/oci/index.ts'
import type { Lease, Stack } from '../../store/snapshot/index.ts'
import type { Store } from '../store.ts'
import { createFetchEnvironment } from './fetch-environment.ts'
import { chunksOf, unpackChunks } from './inputs-archive.ts'
import { dockerfileOfChunks } from './inputs-stdin.ts'
import type { BuildInputsContext, BuildInputsRequest } from './inputs-types.ts'
import { remembered } from './remembered.ts'
import { secretSource } from './secrets.ts'
import type { DockerfileSource, SshInput } from './types.ts'

export interface Fetching extends BuildInputsContext {
  readonly store: Store
  readonly lease: Lease
  readonly request: BuildInputsRequest
}

/** A context that came from elsewhere. */
export interface Fetched {
  readonly shown: string
  readonly stack: Stack
  /** When it was made; see `ContextInput`. */
  readonly time: () => Promise<number | undefined>
  /** Set when it is no archive but a single file: the Dockerfile. */
  readonly dockerfile?: DockerfileSource
}

/** Throws `usage` for a URL with a mistake in it. */
export const usable = (source: SourceUrl): Exclude<SourceUrl, { readonly kind: 'bad' | 'other' }> => {
  if (source.kind === 'git' || source.kind === 'http') return source
  throw new AppError('usage', source.kind === 'bad' ? source.message : 'read URL: it is none', {
    exitCode: exitCode.usage,
    ...(source.kind === 'bad' && source.hint !== undefined ? { hint: source.hint } : {}),
  })
}

/** The name that docker gives to the only file of a context that is no archive. */
const onlyFile = 'context'

/** A repository, an archive, or a Dockerfile alone, as docker tells them apart. Throws what fetching throws. */
export const fetchContext = async (source: GitUrl | HttpUrl, fetching: Fetching): Promise<Fetched> => {
  if (source.kind === 'git')
    return { shown: shownUrl(source.remote), ...(await fetchRepository(source, fetching)) }
  const shown = shownUrl(source.url)
  const { stack, time } = await fetchFile(source, fetching)
  const unpacked = await unpackChunks(chunksOfOnlyFile(stack, fetching), shown, fetching)
  if (unpacked.kind === 'text')
    return { shown, stack, time, dockerfile: { ...unpacked.dockerfile, name: shown } }
  return { shown, stack: unpacked.stack, time: async () => (await time()) ?? unpacked.time() }
}

/** A Dockerfile by its URL. */
export const fetchText = async (source: HttpUrl, fetching: Fetching): Promise<DockerfileSource> => {
  const { stack } = await fetchFile(source, fetching)
  return dockerfileOfChunks(chunksOfOnlyFile(stack, fetching), shownUrl(source.url))
}

const chunksOfOnlyFile = (stack: Stack, { store }: Fetching): AsyncIterable<Uint8Array> => {
  const tree = store.snapshots.union(stack)
  const entry = tree.lookup(onlyFile)
  if (entry === undefined) throw new AppError('fetch-failed', 'read what was fetched: it is no longer there')
  return chunksOf(tree.content(entry))
}

const fetchFile = ({ url }: HttpUrl, fetching: Fetching): Promise<FetchedOp> =>
  fetchOp({ kind: 'http', url, filename: onlyFile }, shownUrl(url), fetching)

/** The same source, with the times of its commit where the request asks for them and the URL says nothing else. */
export const withCommitTimes = <T extends GitUrl | HttpUrl>(source: T, request: BuildInputsRequest): T =>
  source.kind === 'git' && request.commitTimes ? { ...source, mtime: source.mtime ?? 'commit' } : source

const fetchRepository = (source: GitUrl, fetching: Fetching): Promise<FetchedOp> => {
  const { remote, ref, subdir, checksum, submodules, mtime } = source
  const keepGitDir = source.keepGitDir ?? fetching.request.keepGitDir ?? false
  return fetchOp(
    {
      kind: 'git',
      remote,
      keepGitDir,
      ...(ref === undefined ? {} : { ref }),
      ...(subdir === undefined ? {} : { subdir }),
      ...(checksum === undefined ? {} : { checksum }),
      ...(submodules === undefined ? {} : { submodules }),
      ...(mtime === undefined ? {} : { mtime }),
    },
    shownUrl(remote),
    fetching,
  )
}

type FetchedOp = Pick<Fetched, 'stack' | 'time'>

/** As a step of a build, with the same keys: what an ADD has fetched is not fetched again. */
const fetchOp = async (
  op: Parameters<typeof prepareFetch>[0],
  shown: string,
  fetching: Fetching,
): Promise<FetchedOp> => {
  const { store, request, events, signal, now } = fetching
  const name = `[internal] load ${op.kind === 'git' ? 'git source' : 'remote build context'} ${shown}`
  const id = digestOf(name)
  const environment = {
    ...createFetchEnvironment(store, {
      env: request.env,
      secret: secretSource(request.secrets),
      ssh: request.ssh?.get('default') ?? ownAgent(request.env?.['SSH_AUTH_SOCK']),
    }),
    snapshots: store.snapshots,
    now,
  }
  events({ kind: 'vertex-started', id, name, at: now() })
  try {
    const prepared = await prepareFetch(op, { id, context: { signal, events }, environment })
    const stack = await remembered(fetching, name, prepared)
    events({ kind: 'vertex-finished', id, at: now() })
    return { stack, time: prepared.time }
  } catch (error) {
    events({
      kind: 'vertex-failed',
      id,
      at: now(),
      message: error instanceof Error ? error.message : String(error),
    })
    throw error
  }
}

/** The user named the repository: the user's own agent may log in, as buildx has it. Steps of the Dockerfile need --ssh. */
const ownAgent = (socket: string | undefined): SshInput | undefined =>
  socket ? { kind: 'agent', socket } : undefined
