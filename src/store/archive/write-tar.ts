import { closeSync, constants, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Pack } from 'tar-stream'
import { exitCode, InternalError } from '../../foundation/errors/index.ts'
import { createHasher, type Digest, digestFrom } from '../../foundation/oci/index.ts'
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
  const { pack } = await import('./tar-stream.ts')
  const tar = pack()
  // Kept as a value: whichever of the two sides fails first, the other one fails too, with a less telling error.
  const producing = produce(tar, files, signal).then(
    () => undefined,
    (error: unknown) => {
      tar.destroy(null)
      return { error }
    },
  )
  let refused: { readonly error: unknown } | undefined
  try {
    for await (const chunk of tar) {
      if (!(chunk instanceof Uint8Array)) throw new InternalError('tar-stream gave a chunk that is no bytes')
      refused = attempt(() => sink.write(chunk))
      if (refused) break
    }
  } catch (error) {
    const failed = await producing
    throw failed ? failed.error : error
  }
  // Leaving the loop has destroyed the stream, so the producer ends in any case.
  const failed = refused ?? (await producing)
  if (failed) throw failed.error
}

const attempt = (write: () => void): { readonly error: unknown } | undefined => {
  try {
    write()
    return undefined
  } catch (error) {
    return { error }
  }
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
        entry.destroy(error instanceof Error ? error : null)
      }
    }
    entry.on('error', reject)
    entry.on('drain', feed)
    feed()
  })

function* chunksOf(file: ArchiveFile): Generator<Uint8Array, void> {
  if ('bytes' in file) yield file.bytes
  else yield* blobChunks(file)
}

/**
 * A blob's bytes in fresh chunks (tar-stream keeps them for a while). Throws `blob-damaged` when they are not those of its
 * digest: an archive of a damaged store must not look like a good one.
 */
export function* blobChunks({
  path,
  size,
  digest,
}: Extract<ArchiveFile, { path: string }>): Generator<Uint8Array, void> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  const hasher = createHasher()
  try {
    for (let left = size; left > 0; ) {
      const buffer = Buffer.allocUnsafeSlow(Math.min(chunkSize, left))
      const count = readSync(fd, buffer)
      if (count === 0) throw damaged(digest, `${left} of ${size} bytes are missing`)
      left -= count
      hasher.update(buffer.subarray(0, count))
      yield buffer.subarray(0, count)
    }
  } finally {
    closeSync(fd)
  }
  if (digestFrom(hasher) !== digest) throw damaged(digest, 'its bytes have another digest')
}

const damaged = (digest: Digest, why: string): ArchiveError =>
  new ArchiveError('blob-damaged', `read blob ${digest} of the store: ${why}`, {
    exitCode: exitCode.storeIo,
    hint: 'remove the image and build, load or import it again',
  })
