import type { Stats } from 'node:fs'

/** What lies somewhere, in words: `a directory`. */
export const fileKind = (stat: Stats): string => {
  if (stat.isFile()) return 'a file'
  if (stat.isDirectory()) return 'a directory'
  if (stat.isFIFO()) return 'a named pipe'
  if (stat.isSocket()) return 'a socket'
  return stat.isCharacterDevice() || stat.isBlockDevice() ? 'a device' : 'no file'
}
