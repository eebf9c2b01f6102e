/** Code unit order: the same on every machine and locale. */
export const byCodeUnit = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Cleans a path inside a root: no leading or trailing slash, no `.`; `..` stops at the root. '' is the root. */
export const cleanInRoot = (path: string): string => {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

/** Joins cleaned in-root paths. */
export const joinInRoot = (base: string, name: string): string =>
  base === '' ? name : name === '' ? base : `${base}/${name}`

/** Parent of a cleaned in-root path; '' for a top-level one. */
export const parentOf = (path: string): string => {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}

export const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
