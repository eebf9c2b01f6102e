import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import { atomicWrite, bootId } from '../../foundation/sys/index.ts'

export interface QuickList {
  /** Where the entries of the table are written down together. It can be removed at any time. */
  readonly place: HostPath
  /** Of the table. */
  readonly directory: HostPath
}

type Entries<T> = readonly (readonly [key: string, value: T])[]

/** Fewer are as quickly read one by one. */
const worthwhile = 200

/**
 * The entries of a table for verbs that only show them: `read` gives them one by one, which takes most of the time of a list. What it gave
 * is written down, and holds as long as the directory of the table has not changed: records come and go by renames and links. Nothing
 * is ever removed because it stands here or does not. Holds for one boot, so that no power cut can have torn it.
 */
export const createQuickList = <T>(
  { place, directory }: QuickList,
  parse: (value: unknown) => T,
  read: () => Entries<T>,
): (() => Entries<T>) => {
  let last: { readonly stamp: string; readonly entries: Entries<T> } | undefined
  return () => {
    const before = stampOf(directory)
    if (before === undefined) return read()
    if (last?.stamp === before.text) return last.entries
    const known = readList(place, before.text, parse)
    const entries = known ?? read()
    if (before.isTellable && stampOf(directory)?.text === before.text) {
      last = { stamp: before.text, entries }
      if (known === undefined && entries.length >= worthwhile) writeList(place, before.text, entries)
    }
    return entries
  }
}

/** Milliseconds after which a change of a directory can be told from the one before: the clock of files goes in steps of 10 at most. */
const tellable = 100
/** On file systems that know only seconds. */
const tellableInSeconds = 2000

/** What is another one after each change in the directory, for ever where it `isTellable`. */
const stampOf = (
  directory: HostPath,
): { readonly text: string; readonly isTellable: boolean } | undefined => {
  const found = statSync(directory, { bigint: true, throwIfNoEntry: false })
  if (!found) return undefined
  const { dev, ino, mtimeNs, ctimeNs } = found
  const slack = mtimeNs % 1_000_000_000n === 0n ? tellableInSeconds : tellable
  return {
    text: [bootId(), dev, ino, mtimeNs, ctimeNs].join(' '),
    isTellable: Date.now() - Number(mtimeNs / 1_000_000n) > slack,
  }
}

const readList = <T>(
  place: HostPath,
  stamp: string,
  parse: (value: unknown) => T,
): Entries<T> | undefined => {
  try {
    const found: unknown = JSON.parse(readFileSync(place, 'utf8'))
    if (!Array.isArray(found) || found[0] !== stamp || !Array.isArray(found[1])) return undefined
    return found[1].map((entry: unknown) => {
      if (!Array.isArray(entry) || typeof entry[0] !== 'string') throw new TypeError('not an entry')
      return [entry[0], parse(entry[1])] as const
    })
  } catch {
    // None yet, or one of another version.
    return undefined
  }
}

const writeList = (place: HostPath, stamp: string, entries: Entries<unknown>): void => {
  try {
    mkdirSync(dirname(place), { recursive: true, mode: 0o700 })
    atomicWrite(place, JSON.stringify([stamp, entries]))
  } catch {
    // A full disk, a store that can only be read: then each is read again the next time.
  }
}
