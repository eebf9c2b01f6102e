import type { Difference } from './types.ts'

/** A difference that is meant; the reason is told in docs/differences-from-docker.md under the same id. */
export interface KnownDifference {
  readonly id: string
  /** `name` is that of the case. */
  applies(difference: Difference, name: string): boolean
}

export const known: readonly KnownDifference[] = [
  { id: 'etc-is-untouched', applies: ({ part, where }) => part === 'mtime' && where === '/etc' },
  {
    id: 'directory-times',
    applies: ({ part, type, docker, ours }) =>
      part === 'mtime' && type === 'directory' && docker === 'now' && ours !== 'now',
  },
  {
    id: 'epoch-of-inline-files',
    applies: ({ part, where }, name) => name === 'epoch-files' && part === 'mtime' && where === '/inline/f',
  },
  {
    id: 'root-is-kept',
    applies: ({ part, where }) => (part === 'tree' || part === 'mtime') && where === '/',
  },
  {
    id: 'git-directory',
    applies: ({ part, where }) =>
      part === 'tree' && /\/\.git\/(hooks|info|logs|refs|description|config|index)(\/|$)/.test(where),
  },
  {
    id: 'mount-points',
    applies: ({ part, where, field, docker, ours }) =>
      part === 'tree' &&
      /^\/(dev|proc|sys)$/.test(where) &&
      field === 'presence' &&
      docker === 'directory' &&
      ours === 'absent',
  },
  {
    id: 'links-across-layers',
    applies: ({ field, docker }, name) => name.startsWith('run-') && field === 'names' && docker === 'absent',
  },
]
