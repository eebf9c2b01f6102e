import { join } from 'node:path'
import type { HostPath } from '../../foundation/oci/index.ts'
import { appendLine } from '../../store/journal/index.ts'
import type { ContainerRecord } from './types.ts'

/** JSON members that all events of a container share, up to its attributes, which are left open (native/monitor_journal.c). */
export const eventText = (
  { id, image, name, options }: ContainerRecord,
  more: Readonly<Record<string, string>> = {},
): string => {
  const attributes = JSON.stringify({ ...options.config.Labels, ...more, image, name })
  const members = { id, from: image, scope: 'local', Type: 'container' }
  return `${JSON.stringify(members).slice(1, -1)},"Actor":{"ID":"${id}","Attributes":${attributes.slice(0, -1)}`
}

/** Appends an event. One that cannot be written is lost: nothing may fail for it. */
export const recordEvent = (
  journal: HostPath,
  record: ContainerRecord,
  action: string,
  attributes: Readonly<Record<string, string>> = {},
): void => {
  const word = JSON.stringify(action)
  appendLine(journal, `"status":${word},"Action":${word},${eventText(record, attributes)}}}`)
}

/** The journal of the store that a container is in. */
export const journalOf = ({ dir }: { readonly dir: HostPath }): HostPath => join(dir, '../..', 'events')
