import { AppError, exitCode } from '../../foundation/errors/index.ts'
import type { LayerId, SnapshotStore } from '../../store/snapshot/index.ts'
import type { HttpOp } from '../graph/index.ts'
import { type FetchedUrl, fetchUrl, type StagedFile, type UrlRecord, urlKey } from '../remote/index.ts'
import type { PreparedStep, StepContext } from '../solver/index.ts'
import { shownUrl } from '../source-url/index.ts'
import type { FetchEnvironment } from './fetch-environment.ts'
import type { StepResult } from './types.ts'

/** A step that fetches. */
export interface PreparedFetch extends PreparedStep<StepResult> {
  /** Of the commit, or what the server says when the file was changed: seconds since the epoch. */
  time(): Promise<number | undefined>
}

export interface FetchStep {
  /** Id of the vertex, for progress. */
  readonly id: string
  readonly context: StepContext
  readonly environment: FetchEnvironment
}

/**
 * A file from a URL, keyed by its digest, time and name, as docker has it. With a checksum nobody is asked before the step has to be
 * executed; without, the server is asked whether the file is still what it was.
 */
export const prepareHttp = async (op: HttpOp, step: FetchStep): Promise<PreparedFetch> => {
  const { environment } = step
  if (op.checksum !== undefined) {
    return {
      components: componentsOf(op, { digest: op.checksum }),
      time: async () => {
        const known = environment.urls.get(urlKey(op.url))
        return (known?.digest === op.checksum ? known : (await download(op, step)).record)?.modified
      },
      execute: async () => stepResult((await download(op, step)).layer, environment),
    }
  }
  const known = environment.urls.get(urlKey(op.url))
  const early = await ask(op, step, known)
  return {
    components: componentsOf(op, early.record),
    time: () => Promise.resolve(early.record.modified),
    execute: async () => {
      if (early.layer !== undefined) return stepResult(early.layer, environment)
      const { layer, record } = await download(op, step)
      // Under the key of one file there must never be another: steps with that checksum would take it.
      if (record.digest !== early.record.digest || record.modified !== early.record.modified)
        throw changed(op.url)
      return stepResult(layer, environment)
    },
  }
}

interface Downloaded {
  readonly record: UrlRecord
  readonly layer: LayerId
}

const componentsOf = (op: HttpOp, { digest, modified }: UrlRecord): PreparedFetch['components'] => [
  { name: 'op', value: 'http' },
  { name: 'filename', value: op.filename },
  { name: 'content', value: digest },
  ...(modified === undefined || op.checksum !== undefined
    ? []
    : [{ name: 'mtime', value: String(modified) }]),
]

const stepResult = (layer: LayerId, environment: FetchEnvironment): StepResult => ({
  stack: [layer],
  created: environment.now(),
})

const download = async (op: HttpOp, step: FetchStep): Promise<Downloaded> => {
  const { record, layer } = await ask(op, step, undefined)
  if (layer === undefined)
    throw new AppError('fetch-failed', `fetch ${shownUrl(op.url)}: the server sent no file`)
  return { record, layer }
}

const changed = (url: string): AppError =>
  new AppError(
    'fetch-failed',
    `fetch ${shownUrl(url)}: the server said that it is unchanged, and then sent something else`,
    { exitCode: exitCode.failed, hint: 'build again: what it sends now is asked for from the start' },
  )

/** What came is a layer at once: equal layers are one, and one that nobody takes is left to the next prune. */
const ask = async (
  op: HttpOp,
  { id, context, environment }: FetchStep,
  known: UrlRecord | undefined,
): Promise<{ readonly record: UrlRecord; readonly layer?: LayerId }> => {
  const { url, checksum } = op
  const onProgress = (done: number, total: number | undefined): void =>
    context.events({
      kind: 'vertex-progress',
      id,
      done,
      unit: 'bytes',
      ...(total === undefined ? {} : { total }),
    })
  const fetched: FetchedUrl = await fetchUrl(
    { url, ...(known ? { known } : {}), ...(checksum ? { checksum } : {}) },
    environment.remote,
    { signal: context.signal, onProgress: atMost(onProgress, 100, environment.now) },
  )
  if (fetched.kind === 'unchanged') return { record: fetched.record }
  using file = fetched.file
  const layer = writeFileLayer(environment.snapshots, file, op.filename, fetched.record.modified ?? 0)
  environment.urls.put(urlKey(url), fetched.record)
  return { record: fetched.record, layer }
}

/** Mode and times as docker gives them; without a time of the server, the epoch. */
const writeFileLayer = (snapshots: SnapshotStore, file: StagedFile, name: string, mtime: number): LayerId =>
  snapshots.writeLayer((writer) =>
    writer.add(
      {
        kind: 'add',
        path: name,
        type: 'file',
        mode: 0o600,
        uid: 0,
        gid: 0,
        size: file.size,
        mtime,
        mtimeNsec: 0,
      },
      { kind: 'range', path: file.path, offset: 0, size: file.size },
      file.digest.slice('sha256:'.length),
    ),
  )

/** Calls through at most once in `milliseconds`. */
const atMost = <A extends readonly unknown[]>(
  call: (...args: A) => void,
  milliseconds: number,
  now: () => number,
): ((...args: A) => void) => {
  let last = Number.NEGATIVE_INFINITY
  return (...args) => {
    if (now() - last < milliseconds) return
    last = now()
    call(...args)
  }
}
