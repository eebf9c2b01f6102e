import { closeSync, constants, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Pack, pack } from 'tar-stream'
import { InternalError } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { ArchiveError } from './errors.ts'
import type { ArchiveFile, ByteSink } from './types.ts'

const chunkSize = 1 << 20
/** No time in an archive: equal images give equal archives. */
const epoch = new Date(0)

/** Writes the files as a tar, with the directories they need. */
export const writeTar = async (
  files: readonly ArchiveFile[],
  sink: ByteSink,
  signal?: AbortSignal,
): Promise<void> => {
  const tar = pack()
  const producing = produce(tar, files, signal).catch((error: unknown) => {
    tar.destroy(error instanceof Error ? error : new Error(String(error)))
    throw error
  })
  // Without a handler from the start the rejection would end the process before the loop below sees it.
  producing.catch(() => {})
  try {
    for await (const chunk of tar) {
      if (!(chunk instanceof Uint8Array)) throw new InternalError('tar-stream gave a chunk that is no bytes')
      sink.write(chunk)
    }
  } catch (error) {
    tar.destroy()
    await producing.catch(() => {})
    throw error
  }
  await producing
}

const produce = async (tar: Pack, files: readonly ArchiveFile[], signal?: AbortSignal): Promise<void> => {
  const made = new Set<string>()
  for (const file of files) {
    signal?.throwIfAborted()
    for (const directory of parentsOf(file.name)) {
      if (made.has(directory)) continue
      made.add(directory)
      tar.entry({ name: `${directory}/`, type: 'directory', mode: 0o755, mtime: epoch })
    }
    await addFile(tar, file, signal)
  }
  tar.finalize()
}

const parentsOf = (name: string): readonly string[] => {
  const parent = dirname(name)
  return parent === '.' ? [] : [...parentsOf(parent), parent]
}

/** Feeds one entry as fast as the reader takes it. The callback of `entry` is called in every case, also when `tar` is destroyed. */
const addFile = (tar: Pack, file: ArchiveFile, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const size = 'bytes' in file ? file.bytes.length : file.size
    const header = { name: file.name, size, type: 'file', mode: 0o644, mtime: epoch } as const
    const entry = tar.entry(header, (error) => (error ? reject(error) : resolve()))
    const chunks = chunksOf(file)
    const feed = (): void => {
      try {
        for (let next = chunks.next(); ; next = chunks.next()) {
          signal?.throwIfAborted()
          if (next.done) return void entry.end(null)
          if (!entry.write(next.value)) return
        }
      } catch (error) {
        reject(error)
        entry.destroy(null)
      }
    }
    entry.on('drain', feed)
    feed()
  })

function* chunksOf(file: ArchiveFile): Generator<Uint8Array, void> {
  if ('bytes' in file) yield file.bytes
  else yield* fileChunks(file.path, file.size)
}

/** A blob's bytes in fresh chunks (tar-stream keeps them for a while). Throws when the file is shorter than it was. */
function* fileChunks(path: HostPath, size: number): Generator<Uint8Array, void> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    for (let left = size; left > 0; ) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(chunkSize, left))
      const count = readSync(fd, buffer)
      if (count === 0) throw new ArchiveError('archive-io', `read ${path}: expected ${left} more bytes`)
      left -= count
      yield buffer.subarray(0, count)
    }
  } finally {
    closeSync(fd)
  }
}
