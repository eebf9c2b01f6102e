import type { Difference } from './types.ts'

/** A difference that is meant; the reason is told in docs/differences-from-docker.md under the same id. */
export interface KnownDifference {
  readonly id: string
  applies(difference: Difference): boolean
}

export const known: readonly KnownDifference[] = [
  {
    id: 'etc-is-untouched',
    applies: ({ part, where, field, docker }) =>
      (part === 'mtime' && where === '/etc') ||
      (part === 'layer' && field === 'presence' && docker === 'directory' && /^\d+: \/etc$/.test(where)),
  },
  {
    id: 'directory-times',
    applies: ({ part, type, docker, ours }) =>
      part === 'mtime' && type === 'directory' && docker === 'now' && ours !== 'now',
  },
  {
    id: 'root-is-kept',
    applies: ({ part, where, docker, ours }) =>
      ((part === 'tree' || part === 'mtime') && where === '/') ||
      (part === 'layer' && /^\d+: \/$/.test(where) && docker === 'absent' && ours === 'directory'),
  },
  {
    id: 'needless-opaque-marks',
    applies: ({ part, where, field, ours }) =>
      part === 'layer' && field === 'presence' && ours === 'absent' && where.endsWith('/.wh..wh..opq'),
  },
]
