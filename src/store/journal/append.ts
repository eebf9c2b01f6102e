import { appendFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import { tryLock } from '../../foundation/sys/index.ts'
import { olderJournal } from './read.ts'
import type { NewEvent } from './types.ts'

/** When the journal has grown to this size it becomes the old one, and that is forgotten. */
const journalLimit = 4 << 20

/** Where both clocks stood when the first event was told, microseconds. */
let started: { readonly wall: number; readonly steady: number } | undefined

const steadyClock = (): number => Number(process.hrtime.bigint() / 1000n)

/**
 * Since the epoch. Of the same millisecond there may be several events, in an order that counts. `performance` knows the time as well,
 * but takes ten times as long to load as the wait for the next millisecond.
 */
const microseconds = (): number => {
  if (!started) {
    const before = Date.now()
    let wall = before
    while (wall === before) wall = Date.now()
    started = { wall: wall * 1000, steady: steadyClock() }
  }
  return started.wall + steadyClock() - started.steady
}

/** The journal of the store at `root`. */
export const journalIn = (root: HostPath): HostPath => join(root, 'events')

/** Appends an event that happens now. */
export const tell = (journal: HostPath, event: NewEvent): void =>
  appendLine(journal, JSON.stringify({ ...event, scope: 'local' }).slice(1, -1))

/** What happened to an image: the action, its id, and its name, which is its id where docker tells no other. */
export type ImageEvent = readonly [action: string, id: string, name?: string]

export const tellOfImage = (journal: HostPath, ...event: ImageEvent): void => tellOfImages(journal, [event])

/** Many at once, in that order. */
export const tellOfImages = (journal: HostPath, events: readonly ImageEvent[]): void =>
  appendLines(
    journal,
    events.map(([action, id, name = id]) => {
      const event: NewEvent = {
        status: action,
        id,
        Type: 'image',
        Action: action,
        Actor: { ID: id, Attributes: { name } },
      }
      return JSON.stringify({ ...event, scope: 'local' }).slice(1, -1)
    }),
  )

/**
 * Appends a line: the time, and `members`, the others as JSON without braces. One that cannot be written is lost: nothing may fail for it.
 */
export const appendLine = (journal: HostPath, members: string): void => appendLines(journal, [members])

/** Lines in one write(2): whole ones for whoever reads at the same time. */
const linesAtOnce = 100

const appendLines = (journal: HostPath, lines: readonly string[]): void => {
  try {
    for (let at = 0; at < lines.length; at += linesAtOnce) {
      const text = lines
        .slice(at, at + linesAtOnce)
        .map(withTime)
        .join('')
      appendFileSync(journal, text, { mode: 0o600 })
      if (statSync(journal).size > journalLimit) rotate(journal)
    }
  } catch {
    // A full disk, a store that is gone.
  }
}

const withTime = (members: string): string => {
  const now = microseconds()
  return `{"time":${Math.floor(now / 1e6)},"timeNano":${now}000,${members}}\n`
}

/** Whoever is writing to the file under its old name still does: the line is in the older one then. */
const rotate = (journal: HostPath): void => {
  using lock = tryLock(`${journal}.lock`)
  if (lock && statSync(journal).size > journalLimit) renameSync(journal, olderJournal(journal))
}
