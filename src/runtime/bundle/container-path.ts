import { posix } from 'node:path'

/** Cleans an absolute path of a container (`..` stops at the root, no slash at the end); undefined for any other text. */
export const cleanContainerPath = (path: string): string | undefined => {
  if (!path.startsWith('/') || path.includes('\0')) return undefined
  const clean = posix.normalize(path).replace(/^\/+/, '/')
  return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean
}
