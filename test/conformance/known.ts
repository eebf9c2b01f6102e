import type { Difference } from './types.ts'

/** A difference that is meant; the reason is told in docs/differences-from-docker.md under the same id. */
export interface KnownDifference {
  readonly id: string
  /** AREA/NAME */
  readonly sequence: string
  /** Counted from 1. */
  readonly steps: readonly number[]
  readonly fields: readonly Difference['field'][]
}

const one = (
  id: string,
  sequence: string,
  steps: readonly number[],
  ...fields: readonly Difference['field'][]
): KnownDifference => ({ id, sequence, steps, fields })

const all = ['code', 'stdout', 'stderr'] as const

export const known: readonly KnownDifference[] = [
  one('run-is-the-verb', 'exit-codes/verb that does not exist', [1], 'code'),
  one('own-files', 'files/copy to standard output', [3], 'stdout'),
  one('own-files', 'files/copy a directory out', [3, 5], 'stdout'),
  one('own-files', 'files/exported names of mount points', [2], 'stdout'),
  one('own-files', 'files/diff leaves out mounts', [2], 'stdout'),
  one('owners-of-copies', 'files/copy from standard input', [3], 'stdout'),
  one('owners-of-copies', 'files/owners of what is copied', [5], 'stdout'),
  one('owners-of-copies', 'files/owners of what is copied out', [5], 'stdout'),
  one('names-of-the-root', 'files/names in a tar of what is in a directory', [14], 'stdout', 'stderr'),
  one('order-of-diff', 'files/diff', [2], 'stdout'),
  one('codes-of-the-machine', 'files/export into a missing directory', [2], 'code'),
  one('messages-of-exec', 'logs-exec/exec of what cannot be run', [2, 3, 4], 'stdout', 'stderr'),
  one('messages-of-exec', 'logs-exec/exec in a missing directory', [2], 'stdout', 'stderr'),
  one('updates-of-memory', 'update/memory where there was no limit', [2], ...all),
  one('groups-once', 'run-options/group add', [1], 'stdout'),
  one('missing-devices', 'run-options/device that is missing', [1], 'code'),
  one('members', 'ps/format as JSON', [2], 'stdout'),
  one('members', 'inspect/names of all members', [2], 'stdout'),
  one('templates', 'ps/bad format', [3], 'code'),
  one('patterns', 'ps/patterns of names', [10], 'code', 'stderr'),
  one('links-of-cidfiles', 'cidfile/a link that leads nowhere', [1], 'stdout'),
  one('missing-directories', 'cidfile/a directory that is missing', [1], 'stdout'),
  one('templates', 'inspect/bad templates', [2, 3, 6, 7], 'stdout'),
  one('templates', 'inspect/template: values as they are printed', [4], 'stdout'),
  one('help', 'volumes/verbs without words', [3], 'stdout', 'stderr'),
  one('help', 'ps/verbs below container', [6], 'stdout', 'stderr'),
]
