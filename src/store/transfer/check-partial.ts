import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type CountChecked, errnoOf, type Finding } from '../../foundation/errors/index.ts'
import { type Digest, type HostPath, isDigest } from '../../foundation/oci/index.ts'
import { tryLock } from '../../foundation/sys/index.ts'
import type { ContentStore } from '../content/index.ts'
import { dropPartial, type PartialPaths, partialPaths } from './partial-file.ts'
import { readJournal } from './received.ts'

/**
 * Downloads that are of no use to anybody: of blobs that have come by now, with journals that name bytes which the file lacks, and
 * files that are no downloads. One that was only interrupted is no finding: the next pull goes on with it. What a process works on is
 * left alone.
 */
export function* checkPartial(
  root: HostPath,
  content: ContentStore,
  count: CountChecked,
): Generator<Finding> {
  for (const [stem, names] of groupsOf(namesIn(join(root, 'content/partial')))) {
    count()
    const digest = `sha256:${stem}`
    if (!isDigest(digest)) yield foreign(root, names)
    else {
      const problem = problemOf(root, content, digest)
      if (problem !== undefined) yield useless(root, digest, problem)
    }
  }
}

const foreign = (root: HostPath, names: readonly string[]): Finding => ({
  what: `content/partial/${names[0]}`,
  problem: 'is no download',
  severity: 'leftover',
  repair: () => {
    for (const name of names) rmSync(join(root, 'content/partial', name), { recursive: true, force: true })
    return 'dropped'
  },
})

const useless = (root: HostPath, digest: Digest, problem: string): Finding => ({
  what: `download of ${digest}`,
  problem,
  severity: 'leftover',
  repair: () => {
    const paths = partialPaths(root, digest)
    using lock = tryLock(paths.lock)
    if (!lock) return 'left to the process that works on it'
    dropPartial(paths)
    return 'dropped; it is fetched again when it is needed'
  },
})

const problemOf = (root: HostPath, content: ContentStore, digest: Digest): string | undefined => {
  const paths = partialPaths(root, digest)
  using lock = lockOf(paths.lock)
  return lock && problemOfFiles(paths, content.stat(digest) !== undefined)
}

const problemOfFiles = (paths: PartialPaths, isHere: boolean): string | undefined => {
  const file = lstatSync(paths.file, { throwIfNoEntry: false })
  const journal = lstatSync(paths.journal, { throwIfNoEntry: false })
  // Only a lock: whoever comes next takes it.
  if (!file && !journal) return undefined
  if (isHere) return 'is over: the blob is in the store'
  if (!file) return 'has a journal but no bytes'
  if (!file.isFile() || (journal && !journal.isFile())) return 'is no regular file'
  const intervals = readJournal(paths.journal, Number.MAX_SAFE_INTEGER)
  const said = intervals.reduce((most, { end }) => Math.max(most, end), 0)
  return said > file.size ? `has ${file.size} bytes, its journal says ${said}` : undefined
}

/** Undefined when a process works on it. Where no lock can be made, nobody can write a download either. */
const lockOf = (path: HostPath): Disposable | undefined => {
  try {
    return tryLock(path)
  } catch (error) {
    if (unwritable.has(errnoOf(error) ?? '')) return { [Symbol.dispose]: () => {} }
    throw error
  }
}

const unwritable: ReadonlySet<string> = new Set(['EROFS', 'ENOSPC', 'EDQUOT', 'ENOENT'])

/** `HEX`, `HEX.done`, `HEX.lock` and what stands beside a lock belong to one download. */
const groupsOf = (names: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const groups = new Map<string, readonly string[]>()
  for (const name of names) {
    const stem = name.replace(/\..*$/s, '')
    groups.set(stem, [...(groups.get(stem) ?? []), name])
  }
  return groups
}

const namesIn = (directory: HostPath): readonly string[] => {
  try {
    return readdirSync(directory).sort()
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}
