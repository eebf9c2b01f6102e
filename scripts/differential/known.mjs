/**
 * Differences that are meant; the reasons are told in docs/differences-from-docker.md under the same names. `applies` gets a
 * difference and the name of the case.
 */
export const known = [
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
  {
    id: 'logs-and-caches',
    applies: ({ part, where, field }, name) =>
      name === 'nginx' || name === 'hello' || name === 'href-counter'
        ? part === 'tree' &&
          /^\/var\/(log|cache|lib\/apt)\//.test(where) &&
          (field === 'digest' || field === 'size')
        : false,
  },
]
