import { appendFileSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import { tryLock } from '../../foundation/sys/index.ts'
import type { ContainerRecord } from './types.ts'

/** One thing that happened to a container, with docker's members. */
export interface ContainerEvent {
  readonly status: string
  readonly id: string
  readonly from: string
  readonly Type: 'container'
  readonly Action: string
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> }
  readonly scope: 'local'
  /** Seconds and nanoseconds since the epoch. */
  readonly time: number
  readonly timeNano: number
}

/** When the journal has grown to this size it becomes the old one, and that is forgotten. */
const journalLimit = 4 << 20

/** JSON members that all events of a container share, up to its attributes, which are left open (native/monitor_journal.c). */
export const eventText = (
  { id, image, name, options }: ContainerRecord,
  more: Readonly<Record<string, string>> = {},
): string => {
  const attributes = JSON.stringify({ ...options.config.Labels, ...more, image, name })
  const members = { id, from: image, scope: 'local', Type: 'container' }
  return `${JSON.stringify(members).slice(1, -1)},"Actor":{"ID":"${id}","Attributes":${attributes.slice(0, -1)}`
}

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

/** Appends an event. One that cannot be written is lost: nothing may fail for it. */
export const recordEvent = (
  journal: HostPath,
  record: ContainerRecord,
  action: string,
  attributes: Readonly<Record<string, string>> = {},
): void => {
  const now = microseconds()
  const word = JSON.stringify(action)
  const line = `{"time":${Math.floor(now / 1e6)},"timeNano":${now}000,"status":${word},"Action":${word},${eventText(record, attributes)}}}}\n`
  try {
    appendFileSync(journal, line, { mode: 0o600 })
    if (statSync(journal).size > journalLimit) rotate(journal)
  } catch {
    // A full disk, a store that is gone.
  }
}

/** The journal of the store that a container is in. */
export const journalOf = ({ dir }: { readonly dir: HostPath }): HostPath => join(dir, '../..', 'events')

/** Whoever is writing to the file under its old name still does: the line is in the older one then. */
const rotate = (journal: HostPath): void => {
  using lock = tryLock(`${journal}.lock`)
  if (lock && statSync(journal).size > journalLimit) renameSync(journal, olderJournal(journal))
}

const olderJournal = (journal: HostPath): HostPath => `${journal}.1`

/** All events that are kept, the oldest first, and where the journal ends: the place from which the next are read. */
export const readEvents = (journal: HostPath): readonly ContainerEvent[] =>
  [...linesOf(olderJournal(journal)), ...linesOf(journal)]
    .flatMap(parseEvent)
    .toSorted((a, b) => a.time - b.time || a.timeNano - b.timeNano)

const linesOf = (path: HostPath): readonly string[] => {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return []
    throw error
  }
}

/** None for a line that a crash tore, or that is no event. */
export const parseEvent = (line: string): readonly ContainerEvent[] => {
  try {
    const value: unknown = JSON.parse(line)
    return isEvent(value) ? [value] : []
  } catch {
    return []
  }
}

const isEvent = (value: unknown): value is ContainerEvent => {
  const event = recordOf(value)
  const actor = recordOf(event['Actor'])
  const texts = [event['id'], event['from'], event['status'], event['Action'], event['Type'], actor['ID']]
  return (
    texts.every((text) => typeof text === 'string') &&
    Number.isSafeInteger(event['time']) &&
    Number.isInteger(event['timeNano']) &&
    Object.values(recordOf(actor['Attributes'])).every((text) => typeof text === 'string')
  )
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
