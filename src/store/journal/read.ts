import { readFileSync } from 'node:fs'
import { errnoOf } from '../../foundation/errors/index.ts'
import type { HostPath } from '../../foundation/oci/index.ts'
import type { StoreEvent } from './types.ts'

export const olderJournal = (journal: HostPath): HostPath => `${journal}.1`

/** All events that are kept, the oldest first, and where the journal ends: the place from which the next are read. */
export const readEvents = (journal: HostPath): readonly StoreEvent[] =>
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
export const parseEvent = (line: string): readonly StoreEvent[] => {
  try {
    const value: unknown = JSON.parse(line)
    return isEvent(value) ? [value] : []
  } catch {
    return []
  }
}

/** What events of containers and images have at the top, which was the interface before there were others. */
const ofType: Readonly<Record<string, readonly string[]>> = {
  container: ['id', 'from', 'status'],
  image: ['id', 'status'],
  network: [],
  volume: [],
}

const isEvent = (value: unknown): value is StoreEvent => {
  const event = recordOf(value)
  const actor = recordOf(event['Actor'])
  const type = String(event['Type'])
  if (!Object.hasOwn(ofType, type)) return false
  const texts = [event['Action'], actor['ID'], ...(ofType[type] ?? []).map((member) => event[member])]
  return (
    texts.every((text) => typeof text === 'string') &&
    Number.isSafeInteger(event['time']) &&
    Number.isInteger(event['timeNano']) &&
    Object.values(recordOf(actor['Attributes'])).every((text) => typeof text === 'string')
  )
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
