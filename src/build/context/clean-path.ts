/**
 * Shortest equal path by the lexical rules of Go's filepath.Clean, which docker applies to ignore patterns and COPY sources:
 * `.` and doubled slashes go, `x/..` goes, leading `..` of a relative path stays, '' is `.`.
 */
export const cleanPath = (path: string): string => {
  const rooted = path.startsWith('/')
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (!rooted) parts.push('..')
  }
  const joined = parts.join('/')
  return rooted ? `/${joined}` : joined === '' ? '.' : joined
}
