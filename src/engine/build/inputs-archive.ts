import { closeSync, constants, createReadStream, openSync, readSync } from 'node:fs'
import { type ContextArchive, openContextArchive } from '../../build/archive/index.ts'
import { type StagedFile, stageFile } from '../../build/remote/index.ts'
import type { FileContent } from '../../foundation/filetree/index.ts'
import type { Digest, HostPath } from '../../foundation/oci/index.ts'
import type { Stack } from '../../store/snapshot/index.ts'
import { stageDirectory } from './fetch-environment.ts'
import { dockerfileOfChunks } from './inputs-stdin.ts'
import { type Remembering, remembered } from './remembered.ts'
import type { DockerfileSource } from './types.ts'

/** What bytes turned out to be. */
export type Unpacked =
  | {
      readonly kind: 'archive'
      readonly stack: Stack
      /** Of its newest file, seconds since the epoch. */
      readonly time: () => Promise<number | undefined>
    }
  /** Anything that is no archive. */
  | { readonly kind: 'text'; readonly dockerfile: DockerfileSource }

export interface UnpackContext extends Remembering {
  readonly signal: AbortSignal
}

/** Bytes from anywhere. `shown` is for messages. Throws `bad-archive`, `dockerfile-too-large`. */
export const unpackChunks = async (
  chunks: AsyncIterable<Uint8Array>,
  shown: string,
  context: UnpackContext,
): Promise<Unpacked> => {
  using staged: StagedFile = await stageFile(stageDirectory(context.store), chunks)
  return await unpackFile(staged, shown, context)
}

/** A file that does not change, with its digest. */
export const unpackFile = async (
  { path, digest }: { readonly path: HostPath; readonly digest: Digest },
  shown: string,
  context: UnpackContext,
): Promise<Unpacked> => {
  const stage = stageDirectory(context.store)
  using archive = await openContextArchive({
    path,
    stage,
    shown,
    signal: context.signal,
    now: Math.floor(context.now() / 1000),
  })
  if (archive === undefined) return { kind: 'text', dockerfile: await readText(path, shown) }
  const stack = await layerOf(archive, digest, shown, context)
  const time = async (): Promise<number | undefined> =>
    (await import('./newest-file.ts')).newestFile(context.store.snapshots.union(stack))
  return { kind: 'archive', stack, time }
}

const layerOf = (
  archive: ContextArchive,
  digest: Digest,
  shown: string,
  context: UnpackContext,
): Promise<Stack> =>
  remembered(context, `[internal] load build context from ${shown}`, {
    components: [
      { name: 'op', value: 'context archive' },
      { name: 'content', value: digest },
    ],
    execute: () => {
      const layer = context.store.snapshots.writeLayer((writer) => archive.write(writer))
      return Promise.resolve({ stack: [layer], created: context.now() })
    },
  })

const readText = async (path: HostPath, name: string): Promise<DockerfileSource> =>
  dockerfileOfChunks(createReadStream(path), name)

/** A slice of a file, or bytes, as chunks. */
export async function* chunksOf(content: FileContent): AsyncGenerator<Uint8Array, void> {
  if (content.kind === 'bytes') {
    yield content.bytes
    return
  }
  const fd = openSync(content.path, constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    for (let done = 0; done < content.size; ) {
      const chunk = Buffer.allocUnsafe(Math.min(1 << 20, content.size - done))
      const got = readSync(fd, chunk, 0, chunk.length, content.offset + done)
      if (got === 0) return
      done += got
      yield chunk.subarray(0, got)
    }
  } finally {
    closeSync(fd)
  }
}
