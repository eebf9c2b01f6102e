import { closeSync } from 'node:fs'
import { AppError, InternalError } from '../../foundation/errors/index.ts'
import { listDirectories } from '../../foundation/native/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { keepHeapSteady, openUnnamed } from '../../foundation/sys/index.ts'
import { type BlockSource, bufferSource, fileSource } from './block-source.ts'
import { decodeBlocks } from './load-stat-cache.ts'
import { inOrder, type PackedNames } from './packed-names.ts'

/** Fewer directories are looked at faster than a process is started. */
const worthAsking = 200
/** How many are asked for at once: the helper has what it knows of their files in memory until it has looked at all. */
const most = 500

/**
 * Has the helper look at many directories at once, in threads. Goes through them in order; undefined for those that have to be
 * listed without it. Names are valid until the next ones are asked for.
 *
 * @param room existing directory for the helper's answer; without one it is in memory
 */
export function* lookAhead(
  root: HostPath,
  directories: readonly string[],
  room: () => HostPath | undefined,
): Generator<readonly [directory: string, seen: PackedNames | undefined]> {
  if (directories.length < worthAsking) {
    for (const directory of directories) yield [directory, undefined]
    return
  }
  keepHeapSteady()
  const directory = room()
  for (let from = 0; from < directories.length; from += most) {
    const some = directories.slice(from, from + most)
    yield* askFor(root, some, directory)
  }
}

function* askFor(
  root: HostPath,
  directories: readonly string[],
  room: HostPath | undefined,
): ReturnType<typeof lookAhead> {
  const out = room === undefined ? undefined : openUnnamed(room)
  try {
    const source = ask(root === '' ? '/' : root, directories, out)
    const blocks = source && decodeBlocks(source)
    for (const directory of directories) {
      const seen: PackedNames | undefined = blocks?.next().value
      yield [directory, seen && inOrder(seen)]
    }
  } finally {
    if (out !== undefined) closeSync(out)
  }
}

const ask = (
  root: HostPath,
  directories: readonly string[],
  out: number | undefined,
): BlockSource | undefined => {
  try {
    const answer = listDirectories(root, directories, out)
    return wholeAnswer(out === undefined ? bufferSource(answer) : fileSource(out))
  } catch (error) {
    if (error instanceof AppError) return undefined
    throw error
  }
}

const wholeAnswer = (answer: BlockSource): BlockSource => {
  const length = answer.length - 4
  if (length < 0 || answer.read(length, 4).readInt32LE() !== -1)
    throw new InternalError('helper fsops list: its answer is cut off')
  return { ...answer, length }
}
